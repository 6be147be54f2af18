"""Zips that are no `.keras` archive themselves: around a model, or of another tool."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from model_files import CONFIG, h5_file, keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.document import Document, Format


def written(path: Path, data: bytes) -> Document:
    path.write_bytes(data)
    return open_document(path)


def kinds(document: Document) -> list[str]:
    return [fault.kind for fault in document.faults.values()]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_around_a_model_is_looked_through(tmp_path: Path, method: int) -> None:
    inner = zip_bytes(keras_members())
    document = written(tmp_path / "model.keras", zip_bytes({"share/model.keras": inner, "__MACOSX/share/._model.keras": b"x"}, method))
    assert document.format is Format.KERAS_ZIP
    assert document.config == CONFIG
    assert [fault.detail for fault in document.faults.values()] == [{"how": "zip", "name": "share/model.keras"}]
    assert document.origin is not None
    assert document.origin.wrapping == ("zip:share/model.keras",)


def test_an_h5_in_a_gzip_in_a_zip_is_found(tmp_path: Path) -> None:
    data = gzip.compress(h5_file(tmp_path / "inner").read_bytes())
    document = written(tmp_path / "model.h5", zip_bytes({"model.h5.gz": data}))
    assert document.config == CONFIG
    assert document.origin is not None
    assert document.origin.wrapping == ("zip:model.h5.gz", "gzip")


def test_containers_are_not_opened_without_end(tmp_path: Path) -> None:
    data = zip_bytes(keras_members())
    for _ in range(9):
        data = zip_bytes({"model.keras": data})
    document = written(tmp_path / "model.keras", data)
    assert document.format is Format.OTHER
    assert kinds(document)[-1] == "not-a-model"


@pytest.mark.parametrize(
    ("members", "kind", "content"),
    [
        ({"archive/data.pkl": b"\x80\x02", "archive/version": b"3"}, "other-format", "pytorch"),
        ({"arr_0.npy": b"\x93NUMPY"}, "other-format", "npz"),
        ({"m/saved_model.pb": b"\x08\x01\x12", "m/variables/variables.index": b""}, "other-format", "saved-model"),
        ({"config.json": b'{"architectures": ["Bert"]}', "tokenizer.json": b"{}"}, "not-a-model", "zip"),
        ({"one.h5": b"1", "two.h5": b"2"}, "not-a-model", "zip"),
        ({}, "not-a-model", "zip"),
    ],
)
def test_zips_of_other_tools_are_told_apart(tmp_path: Path, members: dict[str, bytes], kind: str, content: str) -> None:
    document = written(tmp_path / "model.keras", zip_bytes(members))
    (fault,) = document.faults.values()
    assert (fault.kind, fault.detail["content"]) == (kind, content)


def test_what_was_transferred_as_text_is_named(tmp_path: Path) -> None:
    document = written(tmp_path / "model.keras", zip_bytes(keras_members()).decode("utf-8", "replace").encode())
    (fault,) = document.faults.values()
    assert (fault.kind, fault.detail) == ("text-mode", {"content": "zip"})
