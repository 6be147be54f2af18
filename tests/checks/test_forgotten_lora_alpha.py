"""K609: the lora_alpha of a Dense or Embedding in an .h5; and the matrices of LoRA beside what their layer claims."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from kdoctor.archive import open_document
from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, examine
from kdoctor.weights.stored_h5 import ledger

CHECKS = load_checks()
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")


def low_rank(kind: str, alpha: float | None, nested: bool = False) -> tuple[Any, Any]:
    """A model whose first layer has learned something by LoRA, and what it is given."""
    layers = keras.layers
    if kind == "Embedding":
        first, given = layers.Embedding(7, 5, name="low"), np.array([[1, 2, 3], [0, 4, 5]])
    elif kind == "Dense":
        first, given = layers.Dense(5, name="low"), np.linspace(-1, 1, 6, dtype="float32").reshape(2, 3)
    else:
        first, given = layers.Conv1D(5, 2, name="low"), np.linspace(-1, 1, 24, dtype="float32").reshape(2, 4, 3)
    rows = [keras.Input(given.shape[1:]), first]
    model = keras.Sequential([keras.Sequential(rows), layers.Dense(2)] if nested else [*rows, layers.Dense(2)])
    first.enable_lora(2, lora_alpha=alpha)
    for index, matrix in enumerate(weight for weight in first.weights if "lora_" in weight.name):
        matrix.assign(np.random.default_rng(index).normal(size=matrix.shape))
    return model, given


@pytest.mark.parametrize(("kind", "nested"), [("Dense", False), ("Dense", True), ("Embedding", False)])
def test_what_was_learned_is_multiplied_by_what_keras_forgets(kind: str, nested: bool, tmp_path: Path) -> None:
    made, given = low_rank(kind, 5.0, nested)
    sick, right = tmp_path / "model.h5", np.asarray(made(given))
    made.save(sick)
    assert not np.allclose(np.asarray(keras.models.load_model(sick)(given)), right, atol=1e-3)
    plan = plan_file(sick, KERAS_3, CHECKS)
    assert [one.check.code for one in plan.applied] == ["K609"]
    out = carry_out(plan, sick, Wish(tmp_path / "out.h5")).out
    np.testing.assert_allclose(np.asarray(keras.models.load_model(out)(given)), right, atol=1e-5)
    assert examine("K609", open_document(out)) == []


@pytest.mark.parametrize(("kind", "alpha"), [("Conv1D", 5.0), ("Dense", None), ("Dense", 2.0)])
def test_what_keras_computes_as_it_was_is_healthy(kind: str, alpha: float | None, tmp_path: Path) -> None:
    made, given = low_rank(kind, alpha)
    made.save(tmp_path / "model.h5")
    np.testing.assert_allclose(np.asarray(keras.models.load_model(tmp_path / "model.h5")(given)), np.asarray(made(given)), atol=1e-6)
    plan = plan_file(tmp_path / "model.h5", KERAS_3, CHECKS)
    assert (plan.applied, plan.after.errors) == ((), ())


def test_archives_and_releases_that_know_no_alpha_are_not_meant(tmp_path: Path) -> None:
    made, given = low_rank("Dense", 5.0)
    for name in ("model.h5", "model.keras"):
        made.save(tmp_path / name)
    np.testing.assert_allclose(np.asarray(keras.models.load_model(tmp_path / "model.keras")(given)), np.asarray(made(given)), atol=1e-6)
    assert examine("K609", open_document(tmp_path / "model.keras")) == []
    assert examine("K609", open_document(tmp_path / "model.h5"), Target("3.9.2")) == []


@pytest.mark.parametrize("kind", ["Dense", "Embedding", "Conv1D"])
def test_the_variables_of_an_h5_are_those_that_keras_wrote(kind: str, tmp_path: Path) -> None:
    made, _ = low_rank(kind, None)
    for trainable in (True, False):
        made.layers[0].trainable = trainable
        made.save(tmp_path / f"{trainable}.h5")
        found = ledger(open_document(tmp_path / f"{trainable}.h5"))
        assert found is not None
        row, group = found.pairs[0]
        told = [(variable.role, variable.shape) for variable in row.variables or ()]
        assert told == [(name.rpartition("/")[2], group.arrays[name].shape) for name in group.names]


def test_exchanged_matrices_are_put_right(tmp_path: Path) -> None:
    made, given = low_rank("Dense", None)
    sick = tmp_path / "model.h5"
    made.save(sick)
    with h5py.File(sick, "a") as file:
        group = file["model_weights/low"]
        names = [name.decode() if isinstance(name, bytes) else name for name in group.attrs["weight_names"]]
        places = [index for index, name in enumerate(names) if "lora_" in name]
        names[places[0]], names[places[1]] = names[places[1]], names[places[0]]
        group.attrs["weight_names"] = names
    plan = plan_file(sick, KERAS_3, CHECKS)
    assert [one.check.code for one in plan.applied] == ["K705"]
    out = carry_out(plan, sick, Wish(tmp_path / "out.h5")).out
    np.testing.assert_allclose(np.asarray(keras.models.load_model(out)(given)), np.asarray(made(given)), atol=1e-6)
