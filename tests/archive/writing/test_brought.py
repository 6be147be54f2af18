"""Files from outside that a plan brings into a model."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from model_files import keras_file

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.document import Document, Format, Member
from kdoctor.errors import WriteError

NAME = "assets/layers/hub_layer/saved_model.pb"


def bringing(before: Document, file: Path, name: str = NAME, size: int | None = None) -> Document:
    length = file.stat().st_size if size is None else size
    member = Member(name, "asset", length, length, 0, 0, brought=str(file))
    return before.replacing({**before.parts, "members": {**before.members, 99: member}})


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "saved_model.pb"
    file.write_bytes(b"a program" * 1000)
    return file


def test_a_file_is_copied_into_the_archive(tmp_path: Path, program: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    written = write_document(before, bringing(before, program), tmp_path / "b.keras")
    with zipfile.ZipFile(written.path) as archive:
        assert archive.read(NAME) == program.read_bytes()
        assert archive.testzip() is None


def test_a_file_is_copied_into_a_folder(tmp_path: Path, program: Path) -> None:
    with zipfile.ZipFile(keras_file(tmp_path / "a.keras")) as archive:
        archive.extractall(tmp_path / "folder")
    before = open_document(tmp_path / "folder")
    assert before.format is Format.KERAS_DIR
    written = write_document(before, bringing(before, program), tmp_path / "copy")
    assert (written.path / NAME).read_bytes() == program.read_bytes()


@pytest.mark.parametrize("name", ["../outside", "assets/../../outside", "/outside", "assets//x", "assets/c:x"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, program: Path, name: str) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    with pytest.raises(WriteError, match="outside of the model"):
        write_document(before, bringing(before, program, name), tmp_path / "b.keras")


@pytest.mark.parametrize("size", [8999, 9001])
def test_a_file_that_has_changed_is_refused(tmp_path: Path, program: Path, size: int) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    with pytest.raises(WriteError, match="has changed"):
        write_document(before, bringing(before, program, size=size), tmp_path / "b.keras")
    assert not (tmp_path / "b.keras").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_link_is_not_followed(tmp_path: Path, program: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    (tmp_path / "link").symlink_to(program)
    with pytest.raises(WriteError, match="no regular file"):
        write_document(before, bringing(before, tmp_path / "link"), tmp_path / "b.keras")
