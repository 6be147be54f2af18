"""Weights that Keras split over several files: their numbers, their way out, and the whole model that comes of them."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from cli.command import Run

from kdoctor.archive import open_document
from kdoctor.archive.numbers import with_numbers_seen
from kdoctor.errors import WriteError

ARRAYS = {
    "one_00000.weights.h5": {"layers/dense/vars/0": np.arange(12, dtype="f4").reshape(4, 3), "layers/dense/vars/1": np.ones(3, "f4")},
    "one_00001.weights.h5": {"layers/dense_1/vars/0": np.arange(6, dtype="f4").reshape(3, 2), "layers/dense_1/vars/1": np.zeros(2, "f4")},
}


@pytest.fixture
def split(tmp_path: Path) -> Path:
    for name, arrays in ARRAYS.items():
        with h5py.File(tmp_path / name, "w") as file:
            for path, array in arrays.items():
                file[path] = array
    groups = {f"/{path.rpartition('/')[0]}": [name] for name, arrays in ARRAYS.items() for path in arrays}
    (tmp_path / "one.weights.json").write_text(json.dumps({"metadata": {}, "weight_map": groups}), encoding="utf-8")
    return tmp_path / "one.weights.json"


def test_the_numbers_of_all_shards_are_looked_at(split: Path) -> None:
    with h5py.File(split.with_name("one_00001.weights.h5"), "r+") as file:
        file["layers/dense_1/vars/0"][1, 1] = np.nan
    seen = with_numbers_seen(open_document(split))
    assert {path: numbers.most for path, numbers in seen.numbers.items() if path.endswith("dense/vars/0")} == {"layers/dense/vars/0": 11.0}
    assert [fault.detail["name"] for fault in seen.faults.values()] == ["layers/dense_1/vars/0"]


def test_all_shards_are_written_into_one_file(split: Path, kdoctor: Run) -> None:
    assert "Wrote 4 arrays" in kdoctor("weights", split, "--to", split.with_name("out.npz")).out
    with np.load(split.with_name("out.npz")) as found:
        for path, array in (row for arrays in ARRAYS.values() for row in arrays.items()):
            np.testing.assert_array_equal(found[path], array)


def test_an_array_that_two_shards_hold_is_neither(split: Path) -> None:
    with h5py.File(split.with_name("one_00001.weights.h5"), "r+") as file:
        file["layers/dense/vars/0"] = np.ones((4, 3), "f4")
    with pytest.raises(WriteError, match="another shard"):
        with_numbers_seen(open_document(split))


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_a_whole_model_comes_of_them_and_its_architecture(tmp_path: Path, kdoctor: Run) -> None:
    keras = pytest.importorskip("keras", minversion="3.10")
    model = keras.Sequential([keras.Input((200,)), keras.layers.Dense(200, name="a"), keras.layers.Dense(200, name="b")])
    model.save_weights(tmp_path / "m.weights.json", max_shard_size=0.0002)
    assert len([*tmp_path.glob("*.h5")]) == 2
    (tmp_path / "model.json").write_text(model.to_json(), encoding="utf-8")
    ended = kdoctor("fix", tmp_path / "m.weights.json", "--architecture", tmp_path / "model.json", "-o", tmp_path / "whole.keras")
    assert ended.code == 0
    for one, other in zip(keras.models.load_model(tmp_path / "whole.keras").get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
