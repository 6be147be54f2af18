"""Arrays that are packed with a filter which HDF5 does not bring along: nobody reads them without hdf5plugin."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import keras_file, weights_bytes

from kdoctor.archive import open_document
from kdoctor.testing import examine

PLACE = "layers/dense/vars"


def packed(filters: Sequence[int], written: bool = True, **more: object) -> bytes:
    """Weights whose bias goes through these filters, as a machine that has them would have written it."""
    held = io.BytesIO(weights_bytes())
    with h5py.File(held, "r+", **more) as file:
        shape = file[f"{PLACE}/1"].shape
        del file[f"{PLACE}/1"]
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_chunk(shape)
        for number in filters:
            plan.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
        array = h5py.h5d.create(file[PLACE].id, b"1", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(shape), plan)
        if written:
            array.write_direct_chunk((0,), np.zeros(shape, "float32").tobytes())
    return held.getvalue()


@pytest.mark.parametrize("filters", [(307,), (32001,), (2, 1, 32015), (65000,)])
@pytest.mark.parametrize("more", [{}, {"libver": "latest"}])
def test_numbers_that_no_keras_can_unpack_are_found(tmp_path: Path, filters: tuple[int, ...], more: dict[str, object]) -> None:
    path = keras_file(tmp_path / "model.keras", model=packed(filters, **more))
    (finding,) = examine("K105", open_document(path))
    assert f"'{PLACE}/1' are packed with the HDF5 filter {filters[-1]}" in finding.message
    held = io.BytesIO(packed(filters, **more))
    with h5py.File(held) as file, pytest.raises(OSError, match=r"can.t open directory|required filter"):
        file[f"{PLACE}/1"][()]


@pytest.mark.parametrize("filters", [(), (1,), (2, 1), (3,), (2, 32000)])
def test_the_filters_of_h5py_are_none(tmp_path: Path, filters: tuple[int, ...]) -> None:
    path = keras_file(tmp_path / "model.keras", model=packed(filters))
    assert examine("K105", open_document(path)) == []


def test_an_array_that_was_never_written_needs_no_filter(tmp_path: Path) -> None:
    path = keras_file(tmp_path / "model.keras", model=packed((32001,), written=False))
    assert examine("K105", open_document(path)) == []
