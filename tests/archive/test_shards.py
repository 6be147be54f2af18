"""Weights that stand in several files beside a map: a whole model is made of them, and their numbers are read, as of one file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from kdoctor.archive import open_document
from kdoctor.archive.export import export
from kdoctor.archive.numbers import measured
from kdoctor.archive.writing.write import write_document
from kdoctor.doctor import repair_file
from kdoctor.errors import WriteError
from kdoctor.packs import load_checks
from kdoctor.target import Given
from kdoctor.testing import KERAS_3, layer, sequential

KERNEL, BIAS, LAST = np.arange(12, dtype="float32").reshape(4, 3), np.ones(3, "float32"), np.full((3, 2), 0.5, "float32")
MODEL = sequential(
    layer("InputLayer", batch_shape=[None, 4]),
    layer("Dense", units=3, name="one", build=[None, 4]),
    layer("Dense", units=2, name="two", use_bias=False, build=[None, 3]),
)
SHARDS: Mapping[str, Mapping[str, np.ndarray]] = {
    "m_00000.weights.h5": {"layers/dense/vars/0": KERNEL, "layers/dense/vars/1": BIAS},
    "m_00001.weights.h5": {"layers/dense_1/vars/0": LAST},
}


def split(folder: Path, shards: Mapping[str, Mapping[str, np.ndarray]]) -> Path:
    """Weights as ``save_weights("m.weights.json", max_shard_size=…)`` writes them."""
    for name, arrays in shards.items():
        with h5py.File(folder / name, "w") as file:
            for path, array in arrays.items():
                file[path] = array
    mapped: dict[str, list[str]] = {}
    for name, arrays in shards.items():
        for path in arrays:
            mapped.setdefault(f"/{path.rpartition('/')[0]}", []).append(name)
    out = folder / "m.weights.json"
    out.write_text(json.dumps({"metadata": {"total_size": 84.0}, "weight_map": mapped}), encoding="utf-8")
    return out


def test_a_whole_model_is_made_of_them(tmp_path: Path) -> None:
    target = replace(KERAS_3, given=Given(architecture=MODEL))
    made = repair_file(split(tmp_path, SHARDS), target, load_checks())
    whole, out = tmp_path / "whole.keras", tmp_path / "whole.npz"
    write_document(made.before.document, made.after.document, whole)
    export(open_document(whole), out)
    with np.load(out) as found:
        assert all((found[path] == array).all() for arrays in SHARDS.values() for path, array in arrays.items())
        assert len(found.files) == 3


def test_their_numbers_are_read(tmp_path: Path) -> None:
    broken = {**SHARDS, "m_00001.weights.h5": {"layers/dense_1/vars/0": LAST * np.nan}}
    found = measured(open_document(split(tmp_path, broken)))
    assert [numbers.wrong for numbers in found.values()] == [0, 0, 6]


def test_of_an_array_that_two_of_them_hold_neither_is_taken(tmp_path: Path) -> None:
    path = split(tmp_path, {**SHARDS, "m_00001.weights.h5": {"layers/dense_1/vars/0": LAST, "layers/dense/vars/1": BIAS * 2}})
    with pytest.raises(WriteError, match="holds arrays that another shard of"):
        measured(open_document(path))
