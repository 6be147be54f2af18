"""Structures that can be read, and with which libhdf5 opens nothing: Keras does not get what stands there."""

from __future__ import annotations

import io
import struct
from typing import Any

import h5py
import numpy as np
import pytest
from hdf5_bytes import read, stored


def whole() -> bytes:
    def fill(file: Any) -> None:
        file["layers/dense/kernel"] = np.arange(6, dtype="float32").reshape(2, 3)
        file["layers/dense"].attrs["name"] = "dense"

    return stored(fill)


def spoiled(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


def header(data: bytes) -> int:
    """Where the first message of the array's header begins: of version 1, the dataspace of two axes."""
    dataspace = b"\1\2\1\0\0\0\0\0" + struct.pack("<4Q", 2, 3, 2, 3)
    assert data.count(dataspace) == 1
    return data.index(dataspace) - 8


HEAP, NODE = b"HEAP\0", b"SNOD\1"
PLACES = {
    "a message whose size is no multiple of 8": lambda data: (header(data) + 2, 0x31),
    "flags of a message that exclude each other": lambda data: (header(data) + 4, 0x06),
    "a shape larger than it may become": lambda data: (header(data) + 16, 9),
    "a datatype of no version": lambda data: (data.index(b"\x11\x20\x1f\0\4\0\0\0"), 0xF1),
    "bits of a number outside of it": lambda data: (data.index(b"\x11\x20\x1f\0\4\0\0\0") + 12, 200),
    "no version of the names of a group": lambda data: (data.rindex(HEAP) + 4, 7),
    "free room of the names outside of them": lambda data: (data.rindex(HEAP) + 17, 7),
    "no version of the links of a group": lambda data: (data.rindex(NODE) + 4, 7),
    "links of no kind": lambda data: (data.rindex(NODE) + 8 + 16, 9),
    "an array that says to stand behind the end": lambda data: (data.index(b"\3\1", header(data)) + 4, 0xFF),
    "a superblock with a driver": lambda data: (48, 7),
    "a root of no kind": lambda data: (72, 9),
}  # fmt: skip


@pytest.mark.parametrize("what", PLACES)
def test_what_libhdf5_does_not_open_is_named(what: str) -> None:
    data = whole()
    assert read(data).faults == ()
    sick = spoiled(data, *PLACES[what](data))
    assert [fault.kind for fault in read(sick).faults] == ["hdf5-unreadable"]
    with pytest.raises((OSError, KeyError, RuntimeError, OverflowError, TypeError, AssertionError)):
        assert opened(sick) is not None


@pytest.mark.parametrize("what", ["free room of the names outside of them", "links of no kind"])
def test_arrays_that_can_be_read_all_the_same_are_known(what: str) -> None:
    data = whole()
    assert read(spoiled(data, *PLACES[what](data))).weights == read(data).weights


def opened(data: bytes) -> Any:
    with h5py.File(io.BytesIO(data)) as file:
        return file["layers/dense/kernel"][()]


def test_links_out_of_order_are_not_found() -> None:
    """libhdf5 looks for a name by halves."""
    data = stored(lambda file: [file.create_dataset(name, data=1.0) for name in ("aa", "bb", "cc")])
    sick = data.replace(b"aa\0", b"zz\0")
    assert [fault.kind for fault in read(sick).faults] == ["hdf5-unreadable"]
    with h5py.File(io.BytesIO(sick)) as file, pytest.raises(KeyError):
        file["zz"]
