"""Folders: an unzipped `.keras`, a SavedModel, and folders that are neither."""

from __future__ import annotations

from pathlib import Path

import pytest
from model_files import CONFIG, TRAINING, keras_members

from kdoctor.archive import open_document
from kdoctor.document import Format
from kdoctor.errors import ReadError
from kdoctor.limits import Limits


def unzipped(folder: Path, without: str = "") -> Path:
    (folder / "assets").mkdir()
    (folder / "assets" / "words.txt").write_bytes(b"a")
    for name, data in keras_members().items():
        if name != without:
            (folder / name).write_bytes(data)
    return folder


def test_an_unzipped_archive_is_read_like_the_archive(tmp_path: Path) -> None:
    document = open_document(unzipped(tmp_path))
    assert document.format is Format.KERAS_DIR
    assert (document.config, document.training) == (CONFIG, TRAINING)
    assert len(document.weights) == 2
    assert [(member.name, member.role) for member in document.members.values()] == [
        ("config.json", "config"),
        ("metadata.json", "metadata"),
        ("model.weights.h5", "weights"),
        ("assets/words.txt", "asset"),
    ]
    assert document.file["content"] == "directory"
    assert document.file["size"] == 1 + sum(map(len, keras_members().values()))
    assert document.faults == {}


@pytest.mark.parametrize("name", ["metadata.json", "model.weights.h5"])
def test_a_missing_file_is_a_missing_part(tmp_path: Path, name: str) -> None:
    (fault,) = open_document(unzipped(tmp_path, without=name)).faults.values()
    assert (fault.kind, fault.detail) == ("missing-part", {"name": name})


def test_a_config_over_its_limit_is_not_read(tmp_path: Path) -> None:
    (fault,) = open_document(unzipped(tmp_path), Limits(json_bytes=100)).faults.values()
    assert (fault.kind, fault.part, fault.detail["limit"]) == ("limit", "config", "json_bytes")


def test_a_saved_model_is_another_format(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    document = open_document(tmp_path)
    (fault,) = document.faults.values()
    assert document.format is Format.OTHER
    assert (fault.kind, fault.detail["content"]) == ("other-format", "saved-model")


def test_any_other_folder_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is a folder that holds neither"):
        open_document(tmp_path)


def test_a_folder_that_is_named_like_an_archive_has_the_wrong_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b.keras").mkdir()
    kinds = [[fault.kind for fault in open_document(unzipped(tmp_path / name)).faults.values()] for name in ("a", "b.keras")]
    assert kinds == [[], ["wrong-extension"]]
