"""Part of stage keras_2: files that Keras 3 reads otherwise, or not at all (K207, K306, K502, K504, and K6)."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from recipe import compiled, fill
from tensorflow import keras
from tensorflow.keras import layers


def make() -> None:
    names_and_modules()
    training_states()
    retired()
    connections()
    policies_and_axes()


def save(model: Any, *names: str) -> None:
    for name in names:
        model.save(name)
    keras.backend.clear_session()


def stack(*middle: Any, shape: tuple[int, ...] = (4,)) -> Any:
    return fill(keras.Sequential([keras.Input(shape, name="features"), *middle], name="stack"))


def chain(hidden: str = "hidden") -> Any:
    features = keras.Input((4,), name="features")
    middle = layers.Dense(3, activation="relu", name=hidden)(features)
    return fill(keras.Model(features, layers.Dense(2, name="scores")(middle), name="chain"))


def names_and_modules() -> None:
    save(chain("block/hidden"), "sick/slash_in_layer_name__keras_2.keras", "sick/slash_in_layer_name__keras_2.h5")
    save(chain(), "sick/moved_object__keras_2.keras")


def training_states() -> None:
    model = stack(layers.Dense(3))
    model.compile(optimizer="sgd", loss=keras.losses.MeanSquaredError())
    save(model, "sick/unresolved_loss_or_metric__object__keras_2.h5")
    model = stack(layers.Dense(3))
    model.compile(optimizer=keras.optimizers.legacy.Adam(0.01), loss="mean_squared_error")
    save(model, "sick/retired_optimizer_argument__legacy__keras_2.keras")
    save(compiled(stack(layers.Dense(3))), "sick/fails_at_call__keras_2.keras")


def retired() -> None:
    save(stack(layers.DepthwiseConv2D(2), shape=(4, 4, 2)), "sick/unknown_argument__keras_2.h5")
    save(stack(layers.ThresholdedReLU(0.5)), "sick/unknown_class__keras_2.keras")
    features = keras.Input((4,), name="features")
    halved = tf.math.multiply(features, 0.5)
    save(fill(keras.Model(features, layers.Dense(2)(halved), name="halved")), "sick/tensorflow_op_layer__keras_2.h5")


def decoder() -> Any:
    """Two recurrent layers, of which the second begins where the first ended."""
    steps = keras.Input((3, 2), name="steps")
    _, state = layers.SimpleRNN(2, return_state=True, name="encoder")(steps)
    return fill(keras.Model(steps, layers.SimpleRNN(2, name="decoder")(steps, initial_state=state), name="decoding"))


def connections() -> None:
    save(decoder(), "sick/wrong_input_count__states__keras_2.keras")
    inner_input = keras.Input((4,), name="inner_features")
    inner = keras.Model(inner_input, layers.Dense(3, activation="relu")(inner_input), name="inner")
    model = stack(inner, layers.Dense(2))
    save(model, "sick/foreign_node_format__one_in_a_list__keras_2.keras", "sick/foreign_node_format__one_in_a_list__keras_2.h5")
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3, activation="relu")], name="inner")
    features = keras.Input((4,), name="features")
    outer = fill(keras.Model(features, layers.Dense(2)(inner(features)), name="outer"))
    save(outer, "sick/foreign_node_format__counted_from_one__keras_2.h5")
    steps = keras.Input((3, 2), name="steps")
    looked = layers.MultiHeadAttention(1, 2, name="attention")(steps, value=steps)
    model = fill(keras.Model(steps, looked, name="looking"))
    save(model, "sick/foreign_node_format__keywords__keras_2.h5", "sick/foreign_weights_layout__attention__keras_2.keras")


def policies_and_axes() -> None:
    save(stack(layers.Dense(3, dtype="mixed_float16")), "sick/foreign_dtype_policy__keras_2.keras")
    save(stack(layers.Softmax(axis=[1, 2]), shape=(3, 2)), "sick/changed_meaning__axis__keras_2.h5")
