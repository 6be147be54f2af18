"""Run in a child process with the installed Keras: ``make FOLDER`` saves masked models as ``NAME.keras``, with inputs and predictions in ``NAME.npz``;
``answer FOLDER`` prints, for every ``NAME.back.keras`` there, the largest difference from those predictions, or the error's text."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import Input, Model, layers

WORDS = np.array([[1, 2, 3, 0, 0], [4, 5, 6, 7, 8], [2, 0, 3, 1, 0]], "int32")


def _recurrent(x: Any) -> Any:
    x = layers.Bidirectional(layers.GRU(3, return_sequences=True))(layers.Dropout(0.2)(x))
    return layers.LSTM(3)(layers.TimeDistributed(layers.Dense(3))(x))


def _attention(x: Any) -> Any:
    x = layers.LayerNormalization()(layers.Add()([x, layers.MultiHeadAttention(2, 3)(x, x)]))
    return layers.GlobalAveragePooling1D()(x)


MODELS = {
    "recurrent": _recurrent,
    "attention": _attention,
    "joined": lambda x: layers.LSTM(3)(layers.Concatenate()([x, layers.Dense(2)(x)])),
}


def make(folder: Path) -> None:
    for name, body in MODELS.items():
        keras.utils.set_random_seed(5)
        start = Input((5,), dtype="int32")
        made = Model(start, body(layers.Embedding(9, 4, mask_zero=True)(start)))
        np.savez(folder / f"{name}.npz", said=made.predict(WORDS, verbose=0))
        made.save(folder / f"{name}.keras")


def answer(file: Path) -> Any:
    try:
        said = keras.models.load_model(file).predict(WORDS, verbose=0)
        return float(np.abs(said - np.load(file.with_name(file.name.partition(".")[0] + ".npz"))["said"]).max())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    else:
        print(json.dumps({file.name.partition(".")[0]: answer(file) for file in sorted(Path(sys.argv[2]).glob("*.back.keras"))}))
