"""K807: sizes that exhaust the memory of whoever loads the file."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import keras_file, weights_bytes

from kdoctor.archive import open_document
from kdoctor.document import Document
from kdoctor.testing import document, examine, layer, model, sequential

GIB = 2**30


def archive(tmp_path: Path, count: int, **options: object) -> Document:
    """A Dense whose bias declares so many float32, of which none is written."""
    held = io.BytesIO(weights_bytes())
    with h5py.File(held, "r+") as file:
        del file["layers/dense/vars/1"]
        file.create_dataset("layers/dense/vars/1", (count,), "float32", **options)
    return open_document(keras_file(tmp_path / "model.keras", model=held.getvalue()))


@pytest.mark.parametrize("options", [{}, {"chunks": (2**16,)}, {"chunks": (2**16,), "compression": "gzip"}])
def test_three_gigabytes_in_a_file_of_kilobytes_are_found(tmp_path: Path, options: dict[str, object]) -> None:
    (finding,) = examine("K807", archive(tmp_path, 3 * GIB // 4, **options))
    assert "'layers/dense/vars/1'" in finding.message
    assert "no release refuses less than 4,096 MiB" in finding.message


def test_what_keras_refuses_is_quoted(tmp_path: Path) -> None:
    (finding,) = examine("K807", archive(tmp_path, 8 * GIB))
    assert str(finding.keras_says) == "ValueError: Not allowed: H5 dataset '1' declares"
    assert "Keras 3.15.1 guards against them" in finding.message


def test_many_arrays_that_share_their_bytes_are_found(tmp_path: Path) -> None:
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file["layers/dense/vars/0"] = np.zeros(2**18, "float32")
        for index in range(200):
            file[f"layers/dense/vars/{index + 1}"] = file["layers/dense/vars/0"]
    found = open_document(keras_file(tmp_path / "model.keras", model=held.getvalue()))
    assert [fault.detail["declared"] for fault in found.faults.values() if fault.kind == "shape-bomb"] == [201 * 2**20]


def test_zeros_that_compress_well_are_nobodys_bomb(tmp_path: Path) -> None:
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.create_dataset("layers/dense/vars/0", data=np.zeros(2**20, "float32"), compression="gzip")
    assert examine("K807", open_document(keras_file(tmp_path / "model.keras", model=held.getvalue()))) == []


@pytest.mark.parametrize(
    "sick",
    [
        layer("Dense", units=10**12),
        layer("Dense", units=float(10**12)),
        layer("RepeatVector", n=10**10),
        layer("Conv2D", filters=8, kernel_size=[10**10, 3]),
        layer("ZeroPadding2D", padding=[[0, 10**10], [0, 0]]),
        layer("InputLayer", batch_shape=[None, 10**11]),
    ],
)
def test_a_size_that_no_axis_has_is_found(sick: dict[str, object]) -> None:
    (finding,) = examine("K807", model(sick))
    assert "no memory holds what it makes" in finding.message


def test_variables_that_only_together_are_too_many_are_found() -> None:
    stack = [layer("InputLayer", batch_shape=[None, 10**6]), layer("Dense", units=10**6, use_bias=True)]
    (finding,) = examine("K807", model(*stack))
    assert finding.message == "the layers make variables of 3 TiB, and the file holds 0 bytes: Dense 'dense' alone makes 3 TiB"


def test_a_large_model_with_its_weights_is_healthy() -> None:
    stack = sequential(layer("InputLayer", batch_shape=[None, 10**5]), layer("Dense", units=10**5))
    assert examine("K807", document(stack, weights={"layers/dense/vars/0": (10**5, 10**5), "layers/dense/vars/1": (10**5,)})) == []


def test_seeds_hashes_and_words_are_no_sizes() -> None:
    stack = [layer("Dropout", rate=0.5, seed=10**18), layer("IntegerLookup", vocabulary=[10**12]), layer("Dense", units=3)]
    assert examine("K807", model(*stack)) == []


@pytest.mark.parametrize("units", [None, "many", -1, [], 10**4000])
def test_odd_sizes_are_no_crash(units: object) -> None:
    assert len(examine("K807", model(layer("Dense", units=units)))) <= 1
