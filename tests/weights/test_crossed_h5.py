"""Single arrays of two layers of an .h5 in each other's place: put back, or left alone where the file does not tell what was done to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from weight_documents import ONE, TWO, h5

from kdoctor.archive import open_document
from kdoctor.doctor import plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3, examine, layer, sequential
from kdoctor.weights.crossed_h5 import crossed

CHECKS = load_checks()


def place(name: str, role: str) -> str:
    return f"model_weights/{name}/stack/{name}/{role}"


def rotated(path: Path, names: list[str]) -> None:
    with h5py.File(path, "a") as file:
        arrays = [file[name][()] for name in names]
        for name in names:
            del file[name]
        for name, array in zip(names, [*arrays[1:], arrays[0]], strict=True):
            file[name] = array


@pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")
@pytest.mark.parametrize(
    "names",
    [
        [place("a", "bias"), place("b", "bias")],
        [place("a", "kernel"), place("b", "kernel")],
        [place("a", "bias"), place("b", "bias"), place("c", "bias")],
        [place("a", "kernel"), place("c", "kernel")],
    ],
)
def test_arrays_in_each_others_place_are_put_back(names: list[str], tmp_path: Path) -> None:
    units = {"a": 5, "b": 7, "c": 3}
    made: Any = keras.Sequential(
        [keras.Input((4,)), *(keras.layers.Dense(count, name=name) for name, count in units.items())], name="stack"
    )
    given = np.linspace(-1, 1, 8, dtype="float32").reshape(2, 4)
    sick = tmp_path / "model.h5"
    made.save(sick)
    rotated(sick, names)
    with pytest.raises(ValueError, match="Shape mismatch"):
        keras.models.load_model(sick)
    assert [(one.check.code, one.finding.repair is not None) for one in plan_file(sick, KERAS_3, CHECKS).before.errors] == [("K705", True)]
    out = carry_out(plan_file(sick, KERAS_3, CHECKS), sick, Wish(tmp_path / "out.h5")).out
    assert out is not None
    np.testing.assert_allclose(np.asarray(keras.models.load_model(out)(given)), np.asarray(made(given)), atol=1e-6)
    assert crossed(open_document(out)) is None


def test_healthy_files_are_left_alone() -> None:
    assert crossed(h5({"one": ONE, "two": TWO}, ["one", "two"])) is None


def test_kernels_that_may_have_been_turned_are_left_alone() -> None:
    config = sequential(
        layer("InputLayer", name="input", batch_shape=[None, 4]), layer("Dense", name="one", units=5), layer("Dense", name="two", units=4)
    )
    turned = h5(
        {"one": {"one/kernel:0": (5, 4), "one/bias:0": (5,)}, "two": {"two/kernel:0": (4, 5), "two/bias:0": (4,)}}, ["one", "two"], config
    )
    assert crossed(turned) is None


def test_groups_under_each_others_names_are_left_alone() -> None:
    assert crossed(h5({"one": TWO, "two": ONE}, ["one", "two"])) is None


def test_arrays_of_which_two_would_fit_are_left_alone() -> None:
    config = sequential(
        layer("InputLayer", name="input", batch_shape=[None, 4]),
        *(layer("Dense", name=name, units=units) for name, units in (("one", 5), ("two", 3), ("three", 5))),
    )
    three = {"three/kernel:0": (3, 5), "three/bias:0": (5,)}
    mixed = h5({"one": {**ONE, "one/bias:0": (3,)}, "two": {**TWO, "two/bias:0": (5,)}, "three": three}, ["one", "two", "three"], config)
    assert crossed(mixed) is None
    assert {finding.repair for finding in examine("K702", mixed)} == {None}


def test_arrays_that_fit_both_layers_may_have_been_exchanged_with_the_others() -> None:
    """Those of a Conv3D and a Conv3DTranspose whose kernels are of one shape: what was cured so computed something else."""
    convolutions = [layer("Conv1D", name=name, filters=8, kernel_size=3) for name in ("one", "two")]
    config = sequential(layer("InputLayer", name="input", batch_shape=[None, 20, 4]), *convolutions)
    one, two = {"one/kernel:0": (3, 8, 8), "one/bias:0": (8,)}, {"two/kernel:0": (3, 4, 8), "two/bias:0": (8,)}
    mixed = h5({"one": one, "two": two}, ["one", "two"], config)
    assert crossed(mixed) is None
    assert {finding.repair for finding in examine("K702", mixed)} == {None}
