"""Part of stage keras_3: healthy twins of connections, names, arguments and weights (K204 and later), and what Keras 3 itself saves sick."""

from __future__ import annotations

from typing import Any

import keras
import numpy
from keras import layers
from recipe import compiled, fill


def make() -> None:
    two_layers()
    words_of_keras_3()
    gates()
    own_functions()
    short_names()
    not_a_number()
    outside()


def save(model: Any, *names: str) -> None:
    for name in names:
        model.save(name)
    keras.utils.clear_session()  # the next model's layers count from "dense" again


def stack(*middle: Any, shape: tuple[int, ...] = (4,)) -> Any:
    return fill(keras.Sequential([keras.Input(shape, name="features"), *middle], name="stack"))


def two_layers() -> None:
    features = keras.Input((4,), name="features")
    hidden = layers.Dense(3, activation="relu", name="hidden")(features)
    model = keras.Model(features, layers.Dense(2, name="scores")(hidden), name="chain")
    save(compiled(fill(model)), "healthy/broken_connection.keras")
    two = [layers.Dense(3, activation="relu", name="hidden"), layers.Dense(2, name="scores")]
    save(compiled(stack(*two)), "healthy/duplicate_layer_name.keras")


def words_of_keras_3() -> None:
    """What files of Keras 2 compute."""
    save(stack(layers.DepthwiseConv2D(2), shape=(4, 4, 2)), "healthy/unknown_argument.keras")
    save(stack(layers.ReLU(threshold=0.5)), "healthy/unknown_class.keras")
    save(stack(layers.Dense(3, dtype="mixed_float16")), "healthy/foreign_dtype_policy.keras")
    save(stack(layers.Softmax(axis=[1, 2]), shape=(3, 2)), "healthy/changed_meaning__axis.keras")
    steps = keras.Input((3, 2), name="steps")
    looked = layers.MultiHeadAttention(1, 2, name="attention")(steps, value=steps)
    save(fill(keras.Model(steps, looked, name="looking")), "healthy/foreign_node_format__keywords.keras")
    save(decoder(), "healthy/wrong_input_count__states.keras")


def decoder() -> Any:
    """Two recurrent layers, of which the second begins where the first ended."""
    steps = keras.Input((3, 2), name="steps")
    _, state = layers.SimpleRNN(2, return_state=True, name="encoder")(steps)
    return fill(keras.Model(steps, layers.SimpleRNN(2, name="decoder")(steps, initial_state=state), name="decoding"))


def gates() -> None:
    """An LSTM whose gates take Keras 2's hard_sigmoid of x: the hard_sigmoid of Keras 3 of 1.2 x."""
    model = stack(layers.LSTM(3, recurrent_activation="hard_sigmoid"), shape=(5, 2))
    scale = numpy.repeat([1.2, 1.2, 1.0, 1.2], 3).astype("float32")  # input, forget, candidate, output
    model.set_weights([weight * scale for weight in model.get_weights()])
    save(model, "healthy/changed_meaning.keras")


def own_functions() -> None:
    def ramp(x: Any) -> Any:
        return keras.ops.relu(x)

    def squared(wanted: Any, found: Any) -> Any:
        return keras.ops.mean(keras.ops.square(wanted - found))

    for function in (ramp, squared):
        function.__module__, function.__qualname__ = "train", function.__name__
    save(stack(layers.Dense(3, activation=ramp)), "sick/unresolved_function.keras", "sick/unresolved_function.h5")
    model = stack(layers.Dense(3))
    model.compile(optimizer="sgd", loss=squared)
    save(model, "sick/custom_compile_object.keras", "sick/custom_compile_object.h5")


def short_names() -> None:
    model = stack(layers.Dense(3))
    model.compile(optimizer="sgd", loss="mse", metrics=["mae"])
    save(model, "sick/unresolved_loss_or_metric.h5")


def not_a_number() -> None:
    model = stack(layers.Dense(3))
    kernel, bias = model.get_weights()
    bias[2] = numpy.nan
    model.set_weights([kernel, bias])
    save(model, "sick/non_finite_weights.keras")


def outside() -> None:
    graph = layers.TFSMLayer("sick/other_format__saved_model", call_endpoint="serve", name="graph")
    features = keras.Input((4,), name="features")
    save(keras.Model(features, graph(features), name="outside"), "sick/external_saved_model.keras")
