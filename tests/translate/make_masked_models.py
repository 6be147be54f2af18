"""Run by `test_masks` in a process of its own: models whose Lambda makes a mask of its own, before an LSTM that heeds it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

MASKS: dict[str, tuple[Any, Any, bool]] = {
    "zeros": (lambda x: x, lambda x, m: ops.any(ops.not_equal(x, 0), axis=-1), False),
    "handed_on": (lambda x: x * 2.0, lambda x, m: m, True),
    "handed_on_nothing": (lambda x: x * x, lambda x, m: m, False),
    "nothing": (lambda x: x * x, lambda x, m: None, True),
    "by_operations": (lambda x: x * x, lambda x, m: m, True),
    "beside_other_numbers": (lambda x: x + 1.0, lambda x, m: ops.any(ops.not_equal(x, 0), axis=-1), False),
    "of_one_column": (lambda x: x, lambda x, m: ops.not_equal(x[:, :, 0], 0), False),
}


def main(folder: Path) -> None:
    keras.utils.set_random_seed(7)
    for name, (function, mask, masking) in MASKS.items():
        first = given = keras.Input((6, 4), name="in")
        before = layers.Masking()(first) if masking else first
        model = keras.Model(given, layers.LSTM(3)(layers.Lambda(function, mask=mask, name="made")(before)))
        x = np.random.normal(size=(3, 6, 4)).astype("float32")
        x[0, 4:] = x[2, 2:] = 0
        np.savez(folder / f"{name}.npz", x=x, y=np.asarray(model(x)))
        model.save(folder / f"{name}.keras")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
