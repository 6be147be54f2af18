"""Load a model with Keras and predict on random input that it accepts. Runs in the child of `verify` only."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from kdoctor.verify.answer import Refusal, attempt
from kdoctor.verify.compare import numeric, wide
from kdoctor.verify.inputs import fill, recipes, slots

_NOT_THE_INPUT = (NameError, AttributeError, ImportError, NotImplementedError, SystemExit)
"""What no other input would cure."""


@dataclass(frozen=True, slots=True)
class Trial:
    """An input that a model accepted, and what it gave for it; both empty if the model does not know its inputs."""

    inputs: Sequence[Any]
    outputs: Sequence[Any]


def load(keras: Any, path: str, seed: int) -> Any:
    """The model in `path`, as `load_model` gives it by default; raises whatever Keras raises."""
    keras.utils.set_random_seed(seed)  # layers that draw numbers take their own seeds from it when they are made
    return keras.saving.load_model(path)


def predict_random(keras: Any, model: Any, *, seed: int, samples: int) -> Trial | Refusal:
    """The first trial that gives finite numbers, else the first that gives any, else the first refusal."""
    wanted = slots(model)
    if not wanted:
        return Trial((), ())
    first: Trial | Refusal | None = None
    for recipe in recipes(model):
        given = fill(wanted, recipe, seed=seed, samples=samples)
        outputs = attempt(partial(predict, keras, model, given, seed))
        if isinstance(outputs, Refusal):
            first = first or outputs
            if isinstance(outputs.error, _NOT_THE_INPUT) or outputs.outcome != "FAILED":
                break
        elif _finite(outputs):
            return Trial(given, outputs)
        elif not isinstance(first, Trial):
            first = Trial(given, outputs)
    return first or Trial((), ())


def predict(keras: Any, model: Any, arrays: Sequence[Any], seed: int) -> list[Any]:
    """The outputs of `model.predict` in a flat list, dictionaries in the order of their keys; raises whatever Keras raises."""
    given = [_tensor(array) for array in arrays]
    keras.utils.set_random_seed(seed)
    structure = getattr(model, "input", None)  # Keras 3's Sequential has inputs and yet raises AttributeError here
    if isinstance(structure, dict) and hasattr(keras, "tree"):
        given = keras.tree.pack_sequence_as(structure, given)
    elif len(given) == 1:
        (given,) = given
    return _flat(model.predict(given, batch_size=len(arrays[0]), verbose=0))


def _tensor(array: Any) -> Any:
    """Words become a TensorFlow tensor: no other backend has them, and numpy's objects are refused."""
    return importlib.import_module("tensorflow").constant(array) if array.dtype.kind == "O" else array


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [array for key in sorted(value) for array in _flat(value[key])]
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in _flat(item)]
    dense = value.to_tensor() if hasattr(value, "to_tensor") else value  # ragged
    return [] if value is None else [np.asarray(dense)]


def _finite(outputs: Sequence[Any]) -> bool:
    return all(bool(np.isfinite(wide(array)).all()) for array in outputs if numeric(array))
