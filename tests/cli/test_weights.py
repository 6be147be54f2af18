"""``kdoctor weights``."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import numpy as np
import pytest
from cli.command import Run

SAMPLES = Path(__file__).parents[2] / "sample_models"
PLAIN = SAMPLES / "healthy" / "broken_connection.keras"


def test_every_array_is_listed_with_its_owner(kdoctor: Run) -> None:
    ended = kdoctor("weights", PLAIN)
    assert ended.code == 0
    assert any(line.split()[:4] == ["layers/dense/vars/0", "hidden", "kernel", "(4,"] for line in ended.out.splitlines())
    assert "(training)" in ended.out


def test_json_tells_shapes_bytes_and_numbers(kdoctor: Run) -> None:
    found = json.loads(kdoctor("weights", PLAIN, "--deep", "--format", "json").out)
    assert found["schema"] == "kdoctor-weights/1"
    kernel = next(array for array in found["arrays"] if array["path"] == "layers/dense/vars/0")
    assert (kernel["layer"], kernel["role"], kernel["shape"], kernel["claimed"], kernel["bytes"]) == (
        "hidden",
        "kernel",
        [4, 3],
        [4, 3],
        48,
    )
    assert kernel["numbers"]["count"] == 12
    assert kernel["numbers"]["least"] <= kernel["numbers"]["mean"] <= kernel["numbers"]["most"]
    assert found["missing"] == []


def test_a_dataset_without_a_dataspace_hides_no_other(kdoctor: Run, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "rest.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.ones((4, 3), "float32")
        file.create_dataset("none", data=h5py.Empty("float32"))
    found = json.loads(kdoctor("weights", tmp_path / "rest.weights.h5", "--deep", "--format", "json").out)
    assert {array["path"]: (array["numbers"] or {}).get("count") for array in found["arrays"]} == {"layers/dense/vars/0": 12, "none": None}


def test_variables_without_an_array_are_listed(kdoctor: Run) -> None:
    found = json.loads(kdoctor("weights", SAMPLES / "sick" / "missing_weights.keras", "--format", "json").out)
    assert found["missing"] == [{"layer": "scores", "role": "bias", "shape": [2]}]


@pytest.fixture
def strange(tmp_path: Path) -> tuple[Path, dict[str, np.ndarray]]:
    """Weights of many types, and what they are as numpy has them."""
    path = tmp_path / "some.weights.h5"
    arrays = {
        "layers/a/vars/0": np.arange(3_000_000, dtype="f4").reshape(3, 1_000_000),
        "layers/a/vars/1": np.array(7, "i8"),
        "layers/a/vars/2": np.zeros((0, 4), "f2"),
        "layers/a/vars/3": np.array([[1.5, -2.0]], ">f8"),
        "layers/a/vars/4": np.array([True, False]),
    }
    with h5py.File(path, "w") as file:
        for name, array in arrays.items():
            file[name] = array
        brain = file.create_dataset("layers/a/vars/5", data=np.array([0x3FC0, 0xC000], "u2").view("V2"))
        brain.attrs["dtype"] = "bfloat16"
    return path, arrays


def test_npz_holds_the_same_numbers(kdoctor: Run, strange: tuple[Path, dict[str, np.ndarray]], tmp_path: Path) -> None:
    source, arrays = strange
    out = tmp_path / "out.npz"
    assert kdoctor("weights", source, "--to", out).code == 0
    with np.load(out) as found:
        assert set(found.files) == {*arrays, "layers/a/vars/5"}
        for name, array in arrays.items():
            assert found[name].shape == array.shape
            np.testing.assert_array_equal(found[name], array)
        assert found["layers/a/vars/5"].tolist() == [1.5, -2.0]


def test_safetensors_is_read_by_its_own_library(kdoctor: Run, strange: tuple[Path, dict[str, np.ndarray]], tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    source, arrays = strange
    out = tmp_path / "out.safetensors"
    with h5py.File(source, "r+") as file:
        del file["layers/a/vars/5"]  # numpy has no bfloat16
    assert kdoctor("weights", source, "--to", out).code == 0
    found = library.load_file(out)
    assert set(found) == set(arrays)
    for name, array in arrays.items():
        assert found[name].shape == array.shape
        np.testing.assert_array_equal(found[name], array)


def test_nothing_is_overwritten_and_no_draft_stays(kdoctor: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.npz"
    out.write_text("mine")
    ended = kdoctor("weights", PLAIN, "--to", out)
    assert ended.code != 0
    assert "it exists" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


def test_another_ending_is_refused(kdoctor: Run, tmp_path: Path) -> None:
    assert kdoctor("weights", PLAIN, "--to", tmp_path / "out.bin").code == 2


def test_a_folder_that_does_not_exist_is_told(kdoctor: Run, tmp_path: Path) -> None:
    ended = kdoctor("weights", PLAIN, "--to", tmp_path / "missing" / "out.npz")
    assert ended.code == 2
    assert "there is no folder" in ended.err


def test_what_holds_no_weights_is_not_listed_as_empty(kdoctor: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.h5"
    page.write_text("<!DOCTYPE html><html></html>")
    ended = kdoctor("weights", page)
    assert (ended.code, ended.out) == (3, "")
    assert "no weights that can be read" in ended.err


def test_the_arrays_of_what_is_no_file_of_keras_are_not_called_a_rest(kdoctor: Run, tmp_path: Path) -> None:
    """Such as another framework writes into an .h5."""
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file["layer1/weight"] = np.ones((2, 3), "float32")
    ended = kdoctor("weights", tmp_path / "model.h5")
    assert (ended.code, "layer1/weight" in ended.out) == (3, True)
    assert "is no file of Keras's: these are the arrays in it" in ended.err


def test_of_a_file_that_is_cut_what_is_left_is_listed_and_called_that(kdoctor: Run, strange: tuple[Path, dict[str, np.ndarray]]) -> None:
    source, _ = strange
    whole = source.read_bytes()
    source.write_bytes(whole[: len(whole) // 2])
    ended = kdoctor("weights", source)
    assert ended.code == 3
    assert "layers/a/vars/1" in ended.out or not ended.out
    assert "weights" in ended.err or "not whole" in ended.err


@pytest.mark.parametrize("kind", ["npz", "safetensors"])
def test_what_a_format_has_no_room_for_is_named_and_not_counted(kdoctor: Run, tmp_path: Path, kind: str) -> None:
    with h5py.File(tmp_path / "some.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.ones((4, 3), "float32")
        file["layers/dense/vars/1"] = np.array([b"word"])
        file.create_dataset("layers/dense/vars/2", data=h5py.Empty("float32"))
    ended = kdoctor("weights", tmp_path / "some.weights.h5", "--to", tmp_path / f"out.{kind}")
    assert ended.out == f"Wrote 1 arrays to {tmp_path / f'out.{kind}'}.\n"
    assert "layers/dense/vars/1" in ended.err
    assert "layers/dense/vars/2" in ended.err
    assert "layers/dense/vars/0" not in ended.err


def test_a_name_that_leads_out_of_an_archive_is_not_written_into_one(kdoctor: Run, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "some.weights.h5", "w") as file:
        file["layers/dense/vars/0"] = np.ones((4, 3), "float32")
        file.create_group("layers/dense/..")["0"] = np.ones(2, "float32")
        file["__metadata__"] = np.ones(2, "float32")
    assert "lead out" in kdoctor("weights", tmp_path / "some.weights.h5", "--to", tmp_path / "out.npz").err
    with np.load(tmp_path / "out.npz") as found:
        assert {*found.files} == {"layers/dense/vars/0", "__metadata__"}
    assert "keeps this name" in kdoctor("weights", tmp_path / "some.weights.h5", "--to", tmp_path / "out.safetensors").err


def test_the_arrays_of_another_framework_are_written_as_they_are_listed(kdoctor: Run, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "foreign.h5", "w") as file:
        file["data/x"] = np.arange(3.0)
    assert "Wrote 1 arrays" in kdoctor("weights", tmp_path / "foreign.h5", "--to", tmp_path / "out.npz").out
    with np.load(tmp_path / "out.npz") as found:
        assert found["data/x"].tolist() == [0.0, 1.0, 2.0]
