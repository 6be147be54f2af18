"""Stages keras_3_9 and keras_3_0: what earlier Keras 3 releases save."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy
from keras import layers
from recipe import compiled, fill


def make(arguments: Sequence[str]) -> None:
    if arguments[0] == "keras_3_9":
        stack = [keras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dropout(0.1)]
        compiled(fill(keras.Sequential(stack, name="from_keras_3_9"))).save("healthy/not_compiled__keras_3_9.keras")
    else:
        bins = layers.TimeDistributed(layers.Discretization(bin_boundaries=[0.25, 0.5, 0.75]), name="bins")
        model = keras.Sequential([keras.Input((4, 2)), bins, layers.Rescaling(0.25), layers.Dense(2)], name="readings")
        compiled(model)(numpy.zeros((2, 4, 2), "float32"))
        fill(model).save("healthy/input_shape_conflict__list_against_tuple.keras")
