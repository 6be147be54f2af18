"""Stage keras_3: what Keras 3.15.1 saves, healthy twins and the sick files that need no damage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import keras_3_twins
import numpy
import tensorflow
from keras import layers
from lambdas import functions
from recipe import compiled, fill


def make(_: Sequence[str]) -> None:
    healthy_files()
    conflict_base()
    never_built()
    custom_layers()
    lambda_layers()
    lambda_activation()
    hub_twin()
    not_compiled()
    weights_and_json()
    keras_3_twins.make()


def save(model: Any, *names: str) -> None:
    for name in names:
        model.save(name)
    keras.utils.clear_session()  # the next model's layers count from "dense" again


def plain(name: str = "plain") -> Any:
    return compiled(fill(keras.Sequential([keras.Input((4,)), layers.Dense(3)], name=name)))


def functional() -> Any:
    left, right = keras.Input((3,), name="left"), keras.Input((2,), name="right")
    return compiled(fill(keras.Model([left, right], layers.Add()([layers.Dense(2)(left), right]), name="two_inputs")))


def recurrent() -> Any:
    return compiled(fill(keras.Sequential([keras.Input((5, 2)), layers.LSTM(3)], name="recurrent")))


def nested() -> Any:
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="tanh")], name="inner")
    inputs = keras.Input((4,))
    return compiled(fill(keras.Model(inputs, inner(inputs), name="nested")))


def convolutional() -> Any:
    stack = [keras.Input((6, 6, 2)), layers.Conv2D(2, 3), layers.BatchNormalization()]
    return compiled(fill(keras.Sequential(stack, name="convolutional")))


def with_assets() -> Any:
    """An adapted vocabulary is stored under assets/ only; one given to the constructor would stand in the config too."""
    words = layers.StringLookup(output_mode="one_hot")
    words.adapt(numpy.array([["cat"], ["cat"], ["dog"]]))
    return compiled(fill(keras.Sequential([keras.Input((1,), dtype="string"), words, layers.Dense(2)], name="words")))


def healthy_files() -> None:
    save(plain(), "healthy/not_a_model.keras")
    save(plain(), "healthy/wrong_extension.keras", "healthy/wrong_extension.h5")
    save(plain(), "healthy/truncated_file.keras", "healthy/truncated_file.h5")
    save(functional(), "healthy/missing_part.keras")
    save(recurrent(), "healthy/missing_part.h5")
    save(nested(), "healthy/unreadable_part.keras")
    save(convolutional(), "healthy/wrapped_archive.keras")
    save(plain(), "healthy/wrapped_archive.h5")
    save(with_assets(), "healthy/irregular_members.keras")
    save(plain(), "healthy/weights_only_file.keras")
    save(plain(), "healthy/damaged_archive.keras")
    save(plain(), "healthy/other_format.keras")
    save(plain(), "healthy/input_shape_conflict__plain.keras", "healthy/input_shape_conflict.h5")
    save(plain(), "healthy/input_shape_missing.keras")


def conflict_base() -> None:
    """A Sequential that Keras cannot trace (TimeDistributed asks Pipeline for a shape it does not tell): only then is the build shape replayed."""
    frames = layers.TimeDistributed(layers.Pipeline([layers.Rescaling(1 / 255), layers.CenterCrop(4, 4)]), name="frames")
    stack = [keras.Input((4, 8, 8, 3)), frames, layers.Dense(2)]
    model = compiled(keras.Sequential(stack, name="video"))
    model(numpy.zeros((2, 4, 8, 8, 3), "float32"))
    save(fill(model), "healthy/input_shape_conflict.keras")


def never_built() -> None:
    model = compiled(keras.Sequential([layers.Dense(3)], name="never_built"))
    save(model, "sick/input_shape_missing.keras", "sick/input_shape_missing.h5")


def custom_layers() -> None:
    class Scale(layers.Layer):  # type: ignore[misc]
        def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    Scale.__module__ = "train"

    def stack(scale: Any) -> Any:
        return compiled(fill(keras.Sequential([keras.Input((4,)), scale, layers.Dense(2)], name="scaled")))

    save(stack(Scale(0.5, name="scale")), "sick/unresolved_object.keras", "sick/unresolved_object.h5")
    save(stack(layers.Rescaling(0.5, name="scale")), "healthy/unresolved_object.keras")
    registered = keras.saving.register_keras_serializable(package="my_package")(Scale)
    save(stack(registered(0.5, name="scale")), "sick/unresolved_object__registered.keras")


def lambda_activation() -> None:
    """The twin has the layer that the activation is, behind the other one."""
    constant = functions(tensorflow, None)["constant"]
    for path, activation, behind in (
        ("healthy/lambda_code__activation.keras", None, [layers.Rescaling(1 / 255)]),
        ("sick/lambda_code__activation.keras", constant, []),
    ):
        stack = [keras.Input((6, 2)), layers.Dense(2, activation=activation, name="dense"), *behind]
        save(compiled(fill(keras.Sequential(stack, name="sequence"))), path)


def lambda_layers() -> None:
    def stack(*middle: Any) -> Any:
        return compiled(fill(keras.Sequential([keras.Input((6, 2)), *middle, layers.Dense(2)], name="sequence")))

    held = functions(tensorflow, numpy.array([0.5, 2.0], "float32"))
    for name, function, meaning in (
        ("lambda_code", "constant", [layers.Rescaling(1 / 255)]),
        ("lambda_reads_global", "last_steps", [layers.Cropping1D((3, 0))]),
        ("lambda_reads_global__module_alias", "module_alias", [layers.Rescaling(1.0, offset=-0.5), layers.ReLU()]),
        ("lambda_closure", "halved", [layers.Rescaling(0.5)]),
        ("lambda_closure__array", "weighted", [layers.Rescaling([0.5, 2.0])]),
    ):
        save(stack(*meaning), f"healthy/{name}.keras")
        model = stack(layers.Lambda(held[function], name="function"))
        save(model, f"sick/{name}.keras")
        if "__" not in name:
            save(model, f"sick/{name}.h5")
    for name, function in (
        ("named_function.keras", "pixel_range"),
        ("reaches_system.keras", "reaching"),
        ("shape_unknown.h5", "module_alias"),
    ):
        save(stack(layers.Lambda(held[function], name="function")), f"sick/lambda_{name}")


def hub_twin() -> None:
    """The computation of sick/hub_layer.* with a Dense layer in the module's place."""
    module = layers.Dense(3, use_bias=False, trainable=False, name="module")
    model = keras.Sequential([keras.Input((4,)), module, layers.Dense(2)], name="with_module")
    for layer in model.layers:
        fill(layer)
    save(compiled(model), "healthy/hub_layer.keras")


def not_compiled() -> None:
    trained = plain("trained")
    random = numpy.random.RandomState(7)
    trained.fit(random.uniform(size=(8, 4)), random.uniform(size=(8, 3)), epochs=2, shuffle=False, verbose=0)
    save(trained, "healthy/not_compiled.keras", "healthy/not_compiled.h5")
    bare = keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="trained")
    bare.set_weights(trained.get_weights())
    save(bare, "sick/not_compiled.keras", "sick/not_compiled.h5")


def weights_and_json() -> None:
    plain().save_weights("sick/weights_only_file.weights.h5")
    Path("sick/other_format__model_json.json").write_text(plain().to_json())
