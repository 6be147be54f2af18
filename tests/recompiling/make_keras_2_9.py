"""Run once, by TensorFlow 2.9 in Python 3.9: a model whose Lambdas loop over what they are given, and what it computes.

python tests/recompiling/make_keras_2_9.py tests/recompiling
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K
from tensorflow.keras import layers

WINDOW = 3


def decaying(factor):
    return lambda x: tf.scan(lambda total, row: total * factor + row, x)


def powers(x, power=2.0, gain=3):
    steps = tf.constant(0)
    _, found = tf.while_loop(lambda i, t: i < gain, lambda i, t: (i + 1, tf.abs(t) ** power * 0.5), [steps, x])
    return found


def main(folder):
    keras.utils.set_random_seed(5)
    given = layers.Input((4,), name="given")
    x = layers.Dense(4, name="dense")(given)
    x = layers.Lambda(lambda x: tf.map_fn(lambda row: tf.sort(row) * K.sum(row), x), name="sorted")(x)
    x = layers.Lambda(lambda x: tf.scan(lambda a, row: a + row[:WINDOW], x, initializer=tf.zeros(WINDOW)), name="window")(x)
    x = layers.Lambda(decaying(0.25), name="decaying")(x)
    x = layers.Lambda(powers, name="powers")(x)
    x = layers.Lambda(lambda x: x / 4.0, name="scaled")(x)
    model = keras.Model(given, x)
    rows = np.random.normal(size=(5, 4)).astype("float32")
    model.save(folder / "keras_2_9.h5", include_optimizer=False)
    (folder / "keras_2_9.json").write_text(json.dumps({"x": rows.tolist(), "y": model.predict(rows, verbose=0).tolist()}))


main(Path(sys.argv[1]))
