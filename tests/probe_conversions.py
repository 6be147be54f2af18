"""Run in a child process with the installed Keras.

``make FOLDER`` trains a model with each optimizer, saves it as ``NAME.h5`` and ``NAME.keras``, trains on, and saves in ``NAME.npz`` the input
``x``, the target ``y``, and the predictions ``before`` and ``after`` that. ``answer`` reads a JSON list of [model file, npz file, train] and
prints, for each, the largest differences from ``before`` and (where ``train``) from ``after``, or the error's text. ``slots`` prints, for each optimizer,
its class, its config and the names of its variables.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import Input, Model, Sequential, layers, optimizers

OPTIMIZERS: dict[str, Any] = {
    "adam": lambda: optimizers.Adam(0.01),
    "amsgrad": lambda: optimizers.Adam(0.01, amsgrad=True),
    "averaging": lambda: optimizers.Adam(0.01, use_ema=True),
    "scheduled": lambda: optimizers.Adam(optimizers.schedules.ExponentialDecay(0.01, 10, 0.9)),
    "adamw": lambda: optimizers.AdamW(0.01),
    "adamax": lambda: optimizers.Adamax(0.01),
    "sgd": lambda: optimizers.SGD(0.01),
    "momentum": lambda: optimizers.SGD(0.01, momentum=0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.01),
    "centered": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda: optimizers.Adagrad(0.1),
    "adadelta": lambda: optimizers.Adadelta(0.1),
    "ftrl": lambda: optimizers.Ftrl(0.1),
    "lion": lambda: optimizers.Lion(0.01),
    "lamb": lambda: optimizers.Lamb(0.01),
    "nadam": lambda: optimizers.Nadam(0.01),
}


def model(optimizer: Any) -> Any:
    """Variables of equal shapes next to each other, a nested model, and a frozen layer in it and beside it."""
    keras.utils.set_random_seed(7)
    start = Input((4,), name="inside_in")
    frozen = layers.Dense(4, name="inside_frozen")
    inside = Model(
        start, layers.BatchNormalization(name="inside_batch")(layers.Dense(4, name="inside_dense")(frozen(start))), name="inside"
    )
    frozen.trainable = False
    stack = Sequential([Input((4,)), layers.Dense(4, name="stack_dense")], name="stack")
    whole_in = Input((3, 4), name="in")
    x = layers.LSTM(4, name="lstm")(whole_in)
    x = layers.Add(name="add")([stack(inside(x)), x])
    held = layers.Dense(4, name="held")
    x = held(x)
    held.trainable = False
    made = Model(whole_in, layers.Dense(2, name="out")(x), name="whole")
    made.compile(optimizer, "mean_squared_error")
    return made


def data() -> tuple[Any, Any]:
    random = np.random.default_rng(3)
    return random.normal(size=(16, 3, 4)).astype("float32"), random.normal(size=(16, 2)).astype("float32")


def train(made: Any, x: Any, y: Any) -> None:
    made.fit(x, y, epochs=2, batch_size=8, shuffle=False, verbose=0)


def make(folder: Path) -> None:
    x, y = data()
    for name, optimizer in OPTIMIZERS.items():
        made = model(optimizer())
        train(made, x, y)
        before = made.predict(x, verbose=0)
        made.save(folder / f"{name}.keras")  # before the .h5, whose saving takes the optimizer out of the compile config
        made.save(folder / f"{name}.h5")
        train(made, x, y)
        np.savez(folder / f"{name}.npz", x=x, y=y, before=before, after=made.predict(x, verbose=0))


def answer(file: str, numbers: str, trained: bool) -> Any:
    try:
        stored, made = np.load(numbers), keras.models.load_model(file)
        found = [float(np.abs(made.predict(stored["x"], verbose=0) - stored["before"]).max())]
        if trained:
            train(made, stored["x"], stored["y"])
            found.append(float(np.abs(made.predict(stored["x"], verbose=0) - stored["after"]).max()))
        return found
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def slots() -> list[Any]:
    found = []
    for optimizer in (make() for make in OPTIMIZERS.values()):
        made = model(optimizer)
        optimizer.build(made.trainable_variables)
        names = [variable.name for variable in optimizer.variables]
        found.append(
            [type(optimizer).__name__, keras.saving.serialize_keras_object(optimizer)["config"], names, len(made.trainable_variables)]
        )
    return found


if __name__ == "__main__":
    if sys.argv[1] == "make":
        make(Path(sys.argv[2]))
    elif sys.argv[1] == "slots":
        print(json.dumps(slots()))
    else:
        print(json.dumps([answer(*task) for task in json.load(sys.stdin)]))
