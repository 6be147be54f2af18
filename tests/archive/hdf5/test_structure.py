"""HDF5 from strangers: read like h5py reads it, without following, allocating or believing anything."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hdf5_bytes import NUMBERS, layers, read, stored

from kdoctor.archive.hdf5.structure import read_hdf5
from kdoctor.archive.window import Window
from kdoctor.document import Weight
from kdoctor.limits import Limits


def alike_but_for_their_values(file: Any) -> None:
    for number in range(20):
        file.create_dataset(f"empty_{number}", (0, 3), "float32")
        file.create_dataset(f"reserved_{number}", (4, 3), "float32")  # never written: it has no address
        file[f"written_{number}"] = np.full((4, 3), number, "float32")
        file[f"named_{number}"] = np.zeros(4, "V2")
        file[f"named_{number}"].attrs["dtype"] = "bfloat16" if number % 2 else "float8_e5m2"


def many_kinds(file: Any) -> None:
    for name in NUMBERS:
        file[f"arrays/{name}"] = np.zeros((2, 0, 3), name)
    file["arrays/big_endian"] = np.zeros((), ">f4")
    file["arrays/texts"] = ["a", "é"]
    file["arrays/fixed"] = np.array([b"abc"])
    file["arrays/chunked"] = file.create_dataset("chunked", (100, 100), "f4", chunks=(10, 10), compression="gzip")
    root = file.attrs
    root["text"], root["bytes"], root["number"], root["float"] = "schön", np.bytes_(b"abc"), 7, 0.25
    root["names"] = np.array([b"a", b"bcd"])
    root["texts"] = ["x", "", "ü"]
    root["table"], root["none"], root["flags"] = np.arange(6).reshape(2, 3), np.zeros(0), np.array([True, False])
    file.create_group("empty")


@pytest.mark.parametrize("version", ["earliest", "latest"])
def test_structure_and_attributes_are_those_that_h5py_reads(version: str) -> None:
    found = read(stored(many_kinds, libver=version))
    assert found.faults == ()
    expected = dict.fromkeys(NUMBERS, (2, 0, 3))
    assert {name: found.weights[f"arrays/{name}"].shape for name in NUMBERS} == expected
    assert {name: found.weights[f"arrays/{name}"].dtype for name in NUMBERS} == {name: name for name in NUMBERS}
    assert found.weights["chunked"] == Weight((100, 100), "float32", "chunked")
    assert [found.weights[f"arrays/{name}"].dtype for name in ("big_endian", "texts", "fixed")] == ["float32", "str", "bytes24"]
    assert found.weights["arrays/big_endian"].shape == ()
    root = found.attributes["/"]
    assert (root["text"], root["bytes"], root["number"], root["float"]) == ("schön", "abc", 7, 0.25)
    assert (root["names"], root["texts"], root["table"]) == (["a", "bcd"], ["x", "", "ü"], [[0, 1, 2], [3, 4, 5]])
    assert (root["none"], root["flags"]) == ([], [True, False])
    assert set(found.attributes) == {"/", "/arrays", "/empty"}


@pytest.mark.parametrize("options", [{}, {"libver": "latest"}, {"libver": "latest", "track_order": True}])
def test_large_groups_and_large_attributes_are_read_in_every_layout(options: dict[str, Any]) -> None:
    text = "x" * 200_000

    def fill(file: Any) -> None:
        layers(file)
        file.attrs["model_config"] = text
        for number in range(30):
            file.attrs[f"a{number}"] = number
            file.create_group(f"group_{number}")

    found = read(stored(fill, **options))
    assert found.faults == ()
    assert len(found.weights) == 80
    assert found.attributes["/"] == {"model_config": text} | {f"a{number}": number for number in range(30)}
    assert found.attributes["/layers/dense_7/vars"] == {"name": "dense_7"}


def test_a_dtype_that_hdf5_lacks_is_read_from_the_attribute_that_keras_puts_beside_it() -> None:
    def fill(file: Any) -> None:
        file["kernel"] = np.zeros((2, 3), "V2")
        file["kernel"].attrs["dtype"] = "bfloat16"

    assert read(stored(fill)).weights["kernel"] == Weight((2, 3), "bfloat16", "kernel")


def test_bytes_that_are_no_text_are_kept_for_json_and_replaced_elsewhere() -> None:
    def fill(file: Any) -> None:
        file.attrs["model_config"] = np.bytes_(b"\xffa")
        file.attrs["backend"] = np.bytes_(b"\xffa")

    root = read(stored(fill)).attributes["/"]
    assert root == {"model_config": "\udcffa", "backend": "\ufffda"}


def test_a_user_block_is_looked_through() -> None:
    found = read(stored(layers, userblock_size=1024))
    assert found.signature_offset == 1024
    assert (len(found.weights), found.faults) == (80, ())


def test_it_is_read_in_place_through_a_window() -> None:
    data = stored(layers)
    outer = io.BytesIO(b"P" * 999 + data + b"K" * 999)
    found = read_hdf5(Window(outer, 999, len(data)), len(data), Limits())
    assert (len(found.weights), found.faults) == (80, ())


def test_the_weights_themselves_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "large.h5"
    with h5py.File(path, "w") as file:
        early = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        early.set_fill_time(h5py.h5d.FILL_TIME_NEVER)  # 400 MB that take no room on the disk
        for number in range(100):
            group = file.create_group(f"layers/dense_{number}/vars").id
            h5py.h5d.create(group, b"0", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((1000, 1000)), early)
    size = os.path.getsize(path)
    assert size > 400_000_000
    with path.open("rb", buffering=0) as raw:
        counting = Counting(raw)
        assert len(read_hdf5(counting, size, Limits()).weights) == 100  # type: ignore[arg-type]
    assert counting.bytes_read < 400_000


class Counting:
    """A file that counts the bytes that are read from it."""

    def __init__(self, raw: Any) -> None:
        self.raw, self.bytes_read = raw, 0

    def seek(self, offset: int) -> int:
        return int(self.raw.seek(offset))

    def read(self, size: int) -> bytes:
        data = bytes(self.raw.read(size))
        self.bytes_read += len(data)
        return data


def test_arrays_that_differ_in_where_their_values_stand_are_told_apart() -> None:
    data = stored(alike_but_for_their_values)
    found = read(data)
    with h5py.File(io.BytesIO(data)) as file:
        for name, weight in found.weights.items():
            assert weight.shape == file[name].shape
            assert weight.start == (-1 if file[name].id.get_offset() is None else file[name].id.get_offset())
    assert {found.weights[f"named_{number}"].dtype for number in range(1, 20, 2)} == {"bfloat16"}
    assert {found.weights[f"named_{number}"].dtype for number in range(0, 20, 2)} == {"float8_e5m2"}
