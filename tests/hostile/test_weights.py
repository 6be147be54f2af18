"""Every structure of the HDF5 CVEs, in every place of every kind of file, is found."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import pytest
from model_files import h5_file, keras_members, weights_bytes, zip_bytes

from hostile.test_triggers import errors
from hostile.weights import STRUCTURES, Structure

Change = Callable[[Any], None]


def changed(data: bytes, change: Change) -> bytes:
    held = io.BytesIO(data)
    with h5py.File(held, "r+") as file:
        change(file)
    return held.getvalue()


def archive(path: Path, change: Change, method: int = 0) -> Path:
    path.write_bytes(zip_bytes({**keras_members(), "model.weights.h5": changed(weights_bytes(), change)}, method))
    return path


def legacy(path: Path, change: Change) -> Path:
    h5_file(path)
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def folder(path: Path, change: Change, name: str = "model.weights.h5") -> Path:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    members = {**keras_members(), name: changed(weights_bytes(), change)}
    for member, data in members.items():
        (path / member).write_bytes(data)
    return path


def sharded(path: Path, change: Change) -> Path:
    members = {name: data for name, data in keras_members().items() if name != "model.weights.h5"}
    shards = {"model.weights.json": b'{"metadata": {}, "weight_map": {}}', "model_00000.weights.h5": changed(weights_bytes(), change)}
    path.write_bytes(zip_bytes({**members, **shards}))
    return path


def weights_alone(path: Path, change: Change) -> Path:
    path.write_bytes(changed(weights_bytes(), change))
    return path


KINDS: dict[str, Callable[[Path, Change], Path]] = {
    "a.keras": archive,
    "deflated.keras": lambda path, change: archive(path, change, 8),
    "sharded.keras": sharded,
    "folder": folder,
    "a.h5": legacy,
    "a.hdf5": legacy,
    "a.weights.h5": weights_alone,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_a_structure_is_found_wherever_it_stands(tmp_path: Path, structure: Structure, kind: str) -> None:
    deep = "model_weights/dense/dense" if kind.endswith(("a.h5", "hdf5")) else "layers/dense/vars"
    beside = deep.split("/")[0]
    missed = []
    for place in (beside, deep, "somewhere/else"):

        def change(file: Any, place: str = place) -> None:
            file.require_group(place)
            structure.make(file, place)

        if not errors(KINDS[kind](tmp_path / kind, change)).intersection(structure.codes):
            missed.append(place)
    assert missed == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_files_without_them_are_healthy(tmp_path: Path, kind: str) -> None:
    assert errors(KINDS[kind](tmp_path / kind, lambda file: None)) == set()
