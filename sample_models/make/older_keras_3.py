"""Stages keras_3_9, keras_3_6 and keras_3_0: what earlier Keras 3 releases save."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import keras
import numpy
from keras import layers
from recipe import compiled, fill


def make(arguments: Sequence[str]) -> None:
    if arguments[0] == "keras_3_9":
        stack = [keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dropout(0.1)]
        compiled(fill(keras.Sequential(stack, name="from_keras_3_9"))).save("healthy/not_compiled__keras_3_9.keras")
    elif arguments[0] == "keras_3_6":
        several_inputs("sick/input_order_changed__keras_3_6.keras", "zeta", "alpha")
        several_inputs("healthy/input_order_changed__keras_3_6.keras", "alpha", "zeta")
    else:
        cut_out_of_another()
        crashed()
        bins = layers.TimeDistributed(layers.Discretization(bin_boundaries=[0.25, 0.5, 0.75]), name="bins")
        model = keras.Sequential([keras.Input((4, 2)), bins, layers.Rescaling(0.25), layers.Dense(2)], name="readings")
        compiled(model)(numpy.zeros((2, 4, 2), "float32"))
        fill(model).save("healthy/input_shape_conflict__list_against_tuple.keras")


def several_inputs(path: str, *names: str) -> None:
    inputs = [keras.Input((2,), name=name) for name in names]
    outputs = layers.Dense(2, name="mixed")(
        layers.Concatenate(name="both")([layers.Dense(2, name=f"of_{one.name}")(one) for one in inputs])
    )
    compiled(fill(keras.Model(inputs, outputs, name="pair"))).save(path)


def cut_out_of_another() -> None:
    """The end of a model, beginning at an inner tensor; and the same with an input of its own."""
    start = keras.Input((4,), name="start")
    inner = layers.Dense(5, name="before")(start)
    tail = [layers.Dense(6, activation="relu", name="after"), layers.Dense(2, name="end")]
    cut = fill(keras.Model(inner, tail[1](tail[0](inner)), name="tail"))
    compiled(cut).save("sick/upstream_layers_included__keras_3_0.keras")
    own, again = keras.Input((5,), name="own"), [layers.Dense(6, activation="relu", name="after"), layers.Dense(2, name="end")]
    twin = keras.Model(own, again[1](again[0](own)), name="tail")
    for made, taken in zip(again, tail, strict=True):
        made.set_weights(taken.get_weights())
    compiled(twin).save("healthy/upstream_layers_included__keras_3_0.keras")


def crashed() -> None:
    """A Bidirectional, whose two directions Keras 3.0 gives the same names in an .h5; whole in an archive."""
    stack = [keras.Input((3, 2)), layers.Bidirectional(layers.LSTM(2, name="cells"), name="ways"), layers.Dense(1, name="end")]
    model = compiled(fill(keras.Sequential(stack, name="ways_and_end")))
    model.save("healthy/half_written_file__keras_3_0.keras")
    with contextlib.suppress(ValueError):  # "name already exists"
        model.save("sick/half_written_file__keras_3_0.h5")
