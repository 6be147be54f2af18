"""Stage keras_1: what Keras 1.2.2 under Python 3.6 saved: Lambda layers as raw marshal text, not base64; a config that is a bare list."""
# Python 3.6 runs this file: no `from __future__ import annotations`.

from typing import Any

import numpy
import tensorflow
from keras.layers import Dense, Lambda, TimeDistributed
from keras.models import Sequential
from lambdas import functions
from recipe import compiled, fill


def make(_: Any) -> None:
    held = functions(tensorflow, numpy.array([0.5, 2.0], "float32"))
    for name, function, steps in (("lambda_code", "constant", 6), ("lambda_reads_global", "last_steps", 3)):
        layer = Lambda(held[function], output_shape=(steps, 2), input_shape=(6, 2), name="function")
        model = Sequential([layer, TimeDistributed(Dense(2))], name="sequence")
        compiled(fill(model)).save("sick/" + name + "__keras_1.h5")
    first = Dense(3, activation="relu", input_dim=4, name="hidden")
    compiled(fill(Sequential([first, Dense(2, name="scores")], name="stack"))).save("sick/keras_1_config__keras_1.h5")
