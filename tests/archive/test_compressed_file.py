"""gzip, bzip2 and xz around a model, whole, cut, damaged, or around something else."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from model_files import CONFIG, h5_file, keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.document import Document, Format

PACKINGS = pytest.mark.parametrize(
    ("packing", "pack"), [("gzip", gzip.compress), ("bzip2", bz2.compress), ("xz", lzma.compress)], ids=["gzip", "bzip2", "xz"]
)
Pack = Callable[[bytes], bytes]


def written(path: Path, data: bytes) -> Document:
    path.write_bytes(data)
    return open_document(path)


def kinds(document: Document) -> list[str]:
    return [fault.kind for fault in document.faults.values()]


@PACKINGS
def test_a_packing_is_looked_through(tmp_path: Path, packing: str, pack: Pack) -> None:
    data = h5_file(tmp_path / "inner").read_bytes()
    half = len(data) // 2
    document = written(tmp_path / "model.h5", pack(data[:half]) + pack(data[half:]) + bytes(7))  # two streams, and padding
    assert document.format is Format.H5_MODEL
    assert document.config == CONFIG
    assert kinds(document) == ["wrapped"]
    assert document.file["content"] == "hdf5"
    assert document.origin is not None
    assert document.origin.wrapping == (packing,)


def test_a_gzip_that_was_cut_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    document = written(tmp_path / "model.keras", gzip.compress(zip_bytes(keras_members()))[:-100])
    assert kinds(document)[:2] == ["wrapped", "truncated"]
    assert document.metadata["keras_version"] == "3.15.1"


@PACKINGS
def test_a_stream_that_was_cut_is_told(tmp_path: Path, packing: str, pack: Pack) -> None:
    document = written(tmp_path / "model.h5", pack(os.urandom(5000))[:-100])
    assert kinds(document)[:2] == ["wrapped", "truncated"]
    assert [fault.detail["content"] for fault in document.faults.values() if fault.kind == "truncated"] == [packing]


@PACKINGS
@pytest.mark.parametrize("at", [-8, 1000])
def test_a_damaged_stream_is_named(tmp_path: Path, packing: str, pack: Pack, at: int) -> None:
    packed = bytearray(pack(b"\x89HDF\r\n\x1a\n" + os.urandom(500_000)))
    packed[at] ^= 1  # a checksum, or what one holds for
    assert "unreadable-member" in kinds(written(tmp_path / "model.h5", bytes(packed)))


@PACKINGS
def test_of_something_else_only_the_beginning_is_unpacked(tmp_path: Path, packing: str, pack: Pack) -> None:
    document = written(tmp_path / "page.h5", pack(b"<html>" + os.urandom(300_000).hex().encode()))
    assert kinds(document) == ["wrapped", "not-a-model"]
    assert document.file["content"] == "html"


@PACKINGS
def test_a_bomb_is_left_packed(tmp_path: Path, packing: str, pack: Pack) -> None:
    document = written(tmp_path / "model.h5", pack(b"\x89HDF\r\n\x1a\n" + bytes(30_000_000)))
    assert kinds(document) == ["limit", "not-a-model"]
    assert document.file["content"] == packing


def test_xz_that_asks_for_gigabytes_of_memory_is_not_unpacked(tmp_path: Path) -> None:
    packed = lzma.compress(h5_file(tmp_path / "inner").read_bytes(), filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 2**30}])
    assert "unreadable-member" in kinds(written(tmp_path / "model.h5", packed))
