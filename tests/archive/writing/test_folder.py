from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from model_files import keras_members, moved, name_of, plan_for

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.document import Document
from kdoctor.errors import WriteError


def keras_folder(path: Path) -> Path:
    path.mkdir()
    for name, data in {**keras_members(), "assets/words.txt": b"one"}.items():
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_bytes(data)
    return path


def test_a_folder_is_written_as_a_new_folder(tmp_path: Path) -> None:
    source = keras_folder(tmp_path / "model")
    (source / "config.json").chmod(0o640)
    before, after = plan_for(source)
    after = moved(after, {"layers/dense/vars/1": None})
    written = write_document(before, after, tmp_path / "other")
    assert name_of(written.path) == "renamed"
    assert (written.path / "assets/words.txt").read_bytes() == b"one"
    assert stat.S_IMODE((written.path / "config.json").stat().st_mode) == 0o640
    assert [*open_document(written.path).weights] == ["layers/dense/vars/0"]
    assert written.bytes == sum(file.stat().st_size for file in written.path.rglob("*") if file.is_file())


def test_a_folder_is_never_written_over_another(tmp_path: Path) -> None:
    before, after = plan_for(keras_folder(tmp_path / "model"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(WriteError, match="already exists"):
        write_document(before, after, tmp_path / "empty")

    def reread(path: Path) -> Document:
        (tmp_path / "late").mkdir()
        return open_document(path)

    with pytest.raises(WriteError, match="already exists"):
        write_document(before, after, tmp_path / "late", reread=reread)
    assert not [*(tmp_path / "late").iterdir()]


@pytest.mark.parametrize("backup", [True, False])
def test_a_folder_in_place_keeps_a_backup_if_it_is_asked_for(tmp_path: Path, backup: bool) -> None:
    source = keras_folder(tmp_path / "model")
    before, after = plan_for(source)
    write_document(before, after, source, replace=True, backup=backup)
    assert name_of(source) == "renamed"
    assert sorted(path.name for path in tmp_path.iterdir()) == (["model", "model.bak"] if backup else ["model"])


def test_a_folder_that_cannot_be_put_in_place_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = keras_folder(tmp_path / "model")
    before, after = plan_for(source)
    rename = os.rename

    def refuse(old: Path, new: Path) -> None:
        if "draft" in str(old):
            raise PermissionError(errno.EACCES, "Permission denied")
        rename(old, new)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(WriteError, match="no permission"):
        write_document(before, after, source, replace=True)
    assert name_of(source) == "sequential"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
