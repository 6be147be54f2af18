"""A file of weights of nested models that share a layer: its arrays stand once, and each model of the architecture gets a copy, if asked for."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers

from kdoctor.archive import open_document
from kdoctor.archive.keras_parts import split_config
from kdoctor.check import Safety
from kdoctor.doctor import repair_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Given
from kdoctor.testing import KERAS_3, examine

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
CHECKS = load_checks()
GIVEN = np.linspace(-1, 1, 12).reshape(3, 4)
SECOND = "layers/functional_1/layers"


def nested(name: str, own: str | None, units: int = 4) -> Any:
    start = keras.Input((4,))
    end = layers.Dense(4, name="shared")(start)
    return keras.Model(start, end if own is None else layers.Dense(units, name=own)(end), name=name)


def model(own: str | None = "own", units: int = 4) -> Any:
    """Two models with a layer of one name, of one kind and with the same numbers, as a model whose layer is shared is said in JSON."""
    keras.utils.set_random_seed(1)
    first, second, start = nested("a", own and f"{own}_a"), nested("b", own and f"{own}_b", units), keras.Input((4,))
    made = keras.Model(start, layers.Dense(2, name="end")(second(first(start))))
    second.get_layer("shared").set_weights(first.get_layer("shared").get_weights())
    return made


def passed_over(file: Any) -> None:
    """As Keras 3 leaves out what it has saved before."""
    del file[f"{SECOND}/dense"]


def counted_without(file: Any) -> None:
    """As Keras 2.15 does, which then counts the next layer in its place."""
    passed_over(file)
    if f"{SECOND}/dense_1" in file:
        file.move(f"{SECOND}/dense_1", f"{SECOND}/dense")


def saved(path: Path, made: Any, damage: Callable[[Any], None]) -> Any:
    """The target with the architecture of a model whose weights are saved, and what a damage leaves of them."""
    made.save_weights(path)
    with h5py.File(path, "a") as file:
        damage(file)
    architecture = split_config(json.loads(made.to_json()))["config"]
    if damage is counted_without:
        architecture |= {"module": "keras.src.engine.functional"}
    return replace(KERAS_3, given=Given(architecture=architecture))


@pytest.mark.parametrize("own", ["own", None])
@pytest.mark.parametrize("damage", [passed_over, counted_without])
def test_each_model_gets_a_copy_if_asked_for(tmp_path: Path, damage: Callable[[Any], None], own: str | None) -> None:
    path, out, made = tmp_path / "m.weights.h5", tmp_path / "whole.keras", model(own, units=5)
    target = saved(path, made, damage)
    (finding,) = examine("K108", open_document(path), target)
    assert "'shared' stands in several models, and the file holds the weights of each once" in finding.message
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    assert carry_out(repair_file(path, target, CHECKS), path, Wish(out=out)).out is None
    assert carry_out(repair_file(path, target, CHECKS, unsafe=True), path, Wish(out=out)).out == out
    assert np.allclose(keras.saving.load_model(out).predict(GIVEN, verbose=0), made.predict(GIVEN, verbose=0), rtol=1e-5)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.__delitem__("layers/functional/layers/dense"),
        lambda file: file.__delitem__("layers/dense"),
        lambda file: file.__delitem__(f"{SECOND}/dense_1"),
        lambda file: [file.__delitem__(f"{SECOND}/{name}") for name in ("dense", "dense_1")],
    ],
)
def test_the_arrays_of_a_layer_without_an_earlier_twin_are_lost(tmp_path: Path, damage: Callable[[Any], None]) -> None:
    path = tmp_path / "m.weights.h5"
    target = saved(path, model(), damage)
    (finding,) = examine("K108", open_document(path), target)
    assert finding.repair is None
    assert "does not fit" in finding.message
