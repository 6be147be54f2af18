"""Run in a child process with the installed Keras.

``make FOLDER`` saves the healthy models as ``NAME.h5`` and ``NAME.keras``, with ``NAME.npz``: the input ``x`` and the output ``y``.
``answer`` reads a JSON list of [model file, npz file] and prints for each what the model makes of ``x``, or the error's text.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import Input, Model, Sequential, layers


def image() -> Any:
    return Sequential([Input((6, 6, 3)), layers.DepthwiseConv2D(3, depth_multiplier=2), layers.Flatten(), layers.Dense(2)])


def dense() -> Any:
    model = Sequential([Input((4,)), layers.Dense(3, activation="tanh"), layers.ReLU(threshold=0.3), layers.Dense(2)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def convolution() -> Any:
    return Sequential(
        [Input((6, 6, 3)), layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization(), layers.GlobalAveragePooling2D()]
    )


def recurrent() -> Any:
    return Sequential(
        [Input((5, 3)), layers.LSTM(4, return_sequences=True), layers.Bidirectional(layers.LSTM(2, name="held"), name="both")]
    )


def softmax() -> Any:
    return Sequential([Input((3, 4)), layers.Dense(5), layers.Softmax(axis=(1, 2))])


def branches() -> Any:
    """Two branches of equal shapes, so that a mistaken connection shows in the numbers alone."""
    x = Input((4,), name="in")
    one, two = layers.Dense(3, name="a-b_c")(x), layers.Dense(3, name="a_b-c")(x)
    return Model(x, layers.Dense(2, name="out")(layers.Subtract(name="minus")([one, two])))


def nested() -> Any:
    x = Input((4,), name="in")
    inner = Sequential([Input((4,)), layers.Dense(4, activation="tanh")], name="inner")
    return Model(x, layers.Dense(2, name="out")(inner(inner(x))))


def attention() -> Any:
    x = Input((5, 4), name="in")
    query, memory = layers.Dense(3, name="query")(x), layers.Dense(3, name="memory")(x)
    return Model(x, layers.Attention(name="attention")([query, memory]))


def heads() -> Any:
    x = Input((5, 4), name="in")
    query, memory = layers.Dense(3, name="query")(x), layers.Dense(3, name="memory")(x)
    return Model(x, layers.MultiHeadAttention(2, 3, name="heads")(query, memory))


def stacked() -> Any:
    x = Input((4,), name="in")
    return Sequential([Input((4,)), Model(x, layers.Dense(3, activation="tanh", name="middle")(x), name="inner"), layers.Dense(2)])


def hard_sigmoid_of_keras_2(x: Any) -> Any:
    return keras.ops.clip(0.2 * x + 0.5, 0, 1)


def cells() -> Any:
    """The hard_sigmoid of Keras 2 where no weights can be scaled for it: in cells, in a wrapped layer, alone."""
    old = hard_sigmoid_of_keras_2
    stack = [layers.LSTMCell(3, recurrent_activation=old), layers.GRUCell(2, activation=old)]
    last = layers.TimeDistributed(layers.Dense(2, activation=old))
    return Sequential([Input((5, 3)), layers.RNN(stack, return_sequences=True), last, layers.Activation(old)])


def decoder() -> Any:
    """States and a mask: an LSTM takes for a mask whatever is not zero."""
    x = Input((6,), name="in")
    words = layers.ReLU(name="words")(x)
    steps = layers.Embedding(9, 3, mask_zero=True, name="steps")(words)
    states = [layers.Dense(4, name="hidden")(x), layers.Dense(4, name="carried")(x)]
    return Model(
        x, layers.Dense(2, name="out")(layers.LSTM(4, return_sequences=True, name="lstm")(steps, initial_state=states, mask=words))
    )


def arithmetic() -> Any:
    """Operations, two of which bear the name of a layer, beside that layer."""
    x = Input((4,), name="in")
    y = layers.Dense(4)(x)
    z = keras.ops.mean(y[:, :2] * 2.0 + y[:, 2:], axis=-1, keepdims=True) + y
    return Model(x, layers.Dense(2)(layers.Add()([keras.ops.relu(z), y])))


HEALTHY = (image, dense, convolution, recurrent, softmax, branches, nested, attention, heads, stacked, cells, decoder, arithmetic)


def make(folder: Path) -> None:
    keras.utils.set_random_seed(7)
    for builder in HEALTHY:
        model = builder()
        for weight in model.weights:  # as they are made, biases are zero and statistics trivial
            weight.assign(np.random.uniform(0.1, 0.9, weight.shape))
        x = np.random.normal(size=(2, *model.input_shape[1:])).astype("float32")
        np.savez(folder / f"{builder.__name__}.npz", x=x, y=np.asarray(model(x)))
        for extension in ("h5", "keras"):
            model.save(folder / f"{builder.__name__}.{extension}")


def answer(model: str, reference: str) -> Any:
    try:
        loaded: Any = keras.models.load_model(model)
        x = np.load(reference)["x"]
        return np.asarray(loaded.predict(x, verbose=0) if loaded.compiled else loaded(x)).tolist()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        print(json.dumps([answer(*question) for question in json.load(sys.stdin)]))
