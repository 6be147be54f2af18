"""Stage keras_2: what TensorFlow 2.15's Keras 2.15 saves, and the formats that only TensorFlow writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras_2_faults
import numpy
import tensorflow as tf
import tensorflow_hub as hub
from lambdas import functions
from recipe import compiled, fill
from tensorflow import keras
from tensorflow.keras import layers

HANDLE = "https://tfhub.dev/example/tiny/1"


def make(_: Sequence[str]) -> None:
    custom_layer()
    lambda_layers()
    lambda_activation()
    hub_layer()
    plain_files()
    other_formats()
    keras_2_faults.make()


def plain() -> Any:
    return compiled(fill(keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="plain")))


def plain_files() -> None:
    plain().save("healthy/not_compiled__keras_2.h5")
    bare = fill(keras.Sequential([keras.Input((4,)), layers.Dense(3)], name="plain"))
    bare.save("sick/not_compiled__keras_2.h5")
    plain().save_weights("sick/weights_only_file__keras_2.h5")
    shaped = keras.Sequential([layers.Dense(3, input_shape=(4,))], name="plain")
    compiled(fill(shaped)).save("healthy/input_shape_conflict__keras_2.h5")


def custom_layer() -> None:
    class Scale(layers.Layer):  # type: ignore[misc]
        def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.factor = factor

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "factor": self.factor}

    Scale.__module__ = "train"
    model = compiled(fill(keras.Sequential([keras.Input((4,)), Scale(0.5, name="scale"), layers.Dense(2)], name="scaled")))
    model.save("sick/unresolved_object__keras_2.keras")
    model.save("sick/unresolved_object__keras_2.h5")


def lambda_layers() -> None:
    held = functions(tf, numpy.array([0.5, 2.0], "float32"))
    for name, function in (
        ("lambda_code", "constant"),
        ("lambda_code__named_def", "pixel_range"),
        ("lambda_reads_global", "last_steps"),
        ("lambda_closure", "halved"),
        ("lambda_closure__array", "weighted"),
    ):
        stack = [keras.Input((6, 2)), layers.Lambda(held[function], name="function"), layers.Dense(2)]
        model = compiled(fill(keras.Sequential(stack, name="sequence")))
        model.save(f"sick/{name}__keras_2.h5")
        keras.backend.clear_session()
        if function in ("constant", "last_steps"):
            model.save(f"sick/{name}__keras_2.keras")


def lambda_activation() -> None:
    held = functions(tf, None)
    stack = [keras.Input((6, 2)), layers.Dense(2, activation=held["constant"], name="dense")]
    compiled(fill(keras.Sequential(stack, name="sequence"))).save("sick/lambda_code__activation__keras_2.h5")


def hub_layer() -> None:
    """A frozen module that multiplies by a kernel; kept under hub_modules/tiny for those who want to cure the files."""
    module = tf.train.Checkpoint()
    module.kernel = tf.Variable(fill(keras.Sequential([keras.Input((4,)), layers.Dense(3, use_bias=False)])).get_weights()[0])
    module.variables, module.trainable_variables, module.regularization_losses = [module.kernel], [module.kernel], []
    module.__call__ = tf.function(lambda x: x @ module.kernel, input_signature=[tf.TensorSpec((None, 4), tf.float32)])
    shutil.rmtree("hub_modules/tiny", ignore_errors=True)
    tf.saved_model.save(module, "hub_modules/tiny")
    keras.backend.clear_session()
    layer = hub.KerasLayer("hub_modules/tiny", trainable=False, name="module")
    layer._handle = HANDLE  # as if it had been downloaded: the file must name a public address, not a folder
    model = keras.Sequential([keras.Input((4,)), layer, layers.Dense(2)], name="with_module")
    fill(model.layers[-1])
    compiled(model).save("sick/hub_layer.h5")
    model.save("sick/hub_layer.keras")


def other_formats() -> None:
    for folder in ("sick/other_format__saved_model", "sick/other_format__checkpoint"):
        shutil.rmtree(folder, ignore_errors=True)
    model = plain()
    model.export("sick/other_format__saved_model")
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    Path("sick/other_format__tflite.tflite").write_bytes(converter.convert())
    os.makedirs("sick/other_format__checkpoint")
    model.save_weights("sick/other_format__checkpoint/weights", save_format="tf")
