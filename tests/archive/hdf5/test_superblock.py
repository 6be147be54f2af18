"""The first block of HDF5: its checksum, and the mark of a writer."""

from __future__ import annotations

import io
import struct

import h5py
import pytest

from kdoctor.archive.hdf5.lookup3 import lookup3
from kdoctor.archive.hdf5.superblock import CHECKED, closed, read_superblock


def hdf5(libver: str = "latest") -> bytes:
    room = io.BytesIO()
    with h5py.File(room, "w", libver=libver) as file:
        file["a"] = [1.0]
    return room.getvalue()


def marked(flags: int) -> bytes:
    data = bytearray(hdf5())
    data[11] = flags
    return bytes(data[:CHECKED]) + struct.pack("<I", lookup3(bytes(data[:CHECKED]))) + bytes(data[CHECKED + 4 :])


def test_the_checksum_is_the_one_that_hdf5_writes() -> None:
    data = hdf5()
    assert struct.unpack_from("<I", data, CHECKED)[0] == lookup3(data[:CHECKED])


def test_the_checksum_of_what_fills_no_or_whole_blocks() -> None:
    assert lookup3(b"") == 0xDEADBEEF  # the examples of lookup3.c
    assert lookup3(b"Four score and seven years ago") == 0x17770551


@pytest.mark.parametrize(("flags", "unclosed"), [(0, False), (1, True), (4, True), (5, True), (2, False)])
def test_a_file_that_libhdf5_refuses_is_unclosed_and_opens_once_the_mark_is_gone(flags: int, unclosed: bool, tmp_path: object) -> None:
    data = marked(flags)
    assert read_superblock(data).unclosed is unclosed
    path = f"{tmp_path}/marked.h5"
    with open(path, "wb") as file:
        file.write(data)
    if unclosed:
        with pytest.raises(OSError, match="already open for write"):
            h5py.File(path)
        with open(path, "wb") as file:
            file.write(closed(data))
    with h5py.File(path) as opened:
        assert [*opened] == ["a"]


def test_a_block_whose_checksum_does_not_fit_is_no_superblock() -> None:
    data = bytearray(hdf5())
    data[CHECKED] ^= 1
    with pytest.raises(ValueError, match="checksum"):
        read_superblock(bytes(data))


def test_older_files_have_no_mark() -> None:
    assert not read_superblock(hdf5("earliest")).unclosed
