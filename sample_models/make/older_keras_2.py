"""Stages keras_2_13, keras_2_9 and keras_2_2: what earlier Keras 2 releases save."""

# Python 3.6 runs this file: no `from __future__ import annotations`.
from typing import Any


def make(arguments: Any) -> None:
    {"keras_2_13": numbered, "keras_2_9": by_python_3_9, "keras_2_2": without_tensorflow}[arguments[0]]()


def numbered() -> None:
    """Keras 2.13 counts two Dense layers as dense and dense_2 inside the archive."""
    from recipe import fill
    from tensorflow import keras

    layers = [keras.Input((4,), name="features"), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(2)]
    fill(keras.Sequential(layers, name="stack")).save("sick/foreign_weights_layout__numbered__keras_2_13.keras")


def by_python_3_9() -> None:
    """TensorFlow 2.9 has no wheels for a Python that Keras 3.15 runs in."""
    import tensorflow as tf
    from lambdas import functions
    from recipe import compiled, fill
    from tensorflow import keras

    on_a_graphics_card()
    stack = [keras.Input((6, 2)), keras.layers.Lambda(functions(tf, 0.5)["constant"], name="function"), keras.layers.Dense(2)]
    compiled(fill(keras.Sequential(stack, name="sequence"))).save("sick/lambda_python_mismatch__keras_2_9.h5")


def on_a_graphics_card() -> None:
    """CuDNNLSTM is made and saved without a card; it only cannot be called. The weights are those of an LSTM, in its own layout."""
    import tensorflow as tf
    from keras.saving.hdf5_format import preprocess_weights_for_loading
    from recipe import fill
    from tensorflow import keras

    model = keras.Sequential([keras.Input((5, 2), name="features"), tf.compat.v1.keras.layers.CuDNNLSTM(3)], name="stack")
    plain = fill(keras.Sequential([keras.Input((5, 2)), keras.layers.LSTM(3)]))
    model.set_weights(preprocess_weights_for_loading(model.layers[0], plain.get_weights()))
    model.save("sick/unknown_class__cudnn__keras_2_9.h5")


def without_tensorflow() -> None:
    """Keras 2.2.5, the package of its own: lr, and the hard_sigmoid that an LSTM has for its gates by default."""
    from keras.layers import LSTM, Dense
    from keras.models import Sequential
    from keras.optimizers import Adam
    from recipe import fill

    gates = LSTM(3, recurrent_activation="hard_sigmoid", input_shape=(5, 2))
    fill(Sequential([gates], name="stack")).save("sick/changed_meaning__hard_sigmoid__keras_2_2.h5")
    first = Sequential([Dense(3, activation="relu", input_shape=(4,), name="hidden"), Dense(2, name="scores")], name="stack")
    fill(first).save("sick/changed_meaning__first_layer__keras_2_2.h5")
    model = fill(Sequential([Dense(3, input_shape=(4,))], name="stack"))
    model.compile(optimizer=Adam(lr=0.01), loss="mean_squared_error")
    model.save("sick/retired_optimizer_argument__lr__keras_2_2.h5")
