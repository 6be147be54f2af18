"""gzip around a model, whole, cut, damaged, or around something else."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from model_files import CONFIG, h5_file, keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.document import Document, Format


def written(path: Path, data: bytes) -> Document:
    path.write_bytes(data)
    return open_document(path)


def kinds(document: Document) -> list[str]:
    return [fault.kind for fault in document.faults.values()]


def test_gzip_is_looked_through(tmp_path: Path) -> None:
    data = h5_file(tmp_path / "inner").read_bytes()
    document = written(tmp_path / "model.h5", gzip.compress(data))
    assert document.format is Format.H5_MODEL
    assert document.config == CONFIG
    assert kinds(document) == ["wrapped"]
    assert document.file["content"] == "hdf5"
    assert document.origin is not None
    assert document.origin.wrapping == ("gzip",)


def test_a_gzip_that_was_cut_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    document = written(tmp_path / "model.keras", gzip.compress(zip_bytes(keras_members()))[:-100])
    assert kinds(document)[:2] == ["wrapped", "truncated"]
    assert document.metadata["keras_version"] == "3.15.1"


def test_a_damaged_gzip_stream_is_named(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(os.urandom(5000)))
    packed[-8] ^= 1  # the checksum
    assert "unreadable-member" in kinds(written(tmp_path / "model.h5", bytes(packed)))


def test_of_a_gzip_of_something_else_only_the_beginning_is_unpacked(tmp_path: Path) -> None:
    document = written(tmp_path / "page.h5", gzip.compress(b"<html>" + os.urandom(300_000).hex().encode()))
    assert kinds(document) == ["wrapped", "not-a-model"]
    assert document.file["content"] == "html"


def test_a_gzip_bomb_is_left_packed(tmp_path: Path) -> None:
    document = written(tmp_path / "model.h5", gzip.compress(b"\x89HDF\r\n\x1a\n" + bytes(30_000_000)))
    assert kinds(document) == ["limit", "not-a-model"]
