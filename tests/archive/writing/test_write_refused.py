from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from model_files import cured, h5_file, keras_file, plan_for

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import default_output, write_document
from kdoctor.document import Document, Format
from kdoctor.errors import ReadError, WriteError


def test_a_source_that_changed_since_it_was_read_is_not_repaired(tmp_path: Path) -> None:
    source = keras_file(tmp_path / "a.keras")
    before, after = plan_for(source)
    keras_file(source, metadata=b"{}")
    with pytest.raises(WriteError, match="has changed"):
        write_document(before, after, tmp_path / "b.keras")


def test_a_source_that_changes_while_it_is_repaired_wins(tmp_path: Path) -> None:
    source = keras_file(tmp_path / "a.keras")
    before, after = plan_for(source)

    def reread(path: Path) -> Document:
        found = open_document(path)
        source.write_bytes(b"someone else's")
        return found

    with pytest.raises(WriteError, match="has changed"):
        write_document(before, after, source, replace=True, backup=True, reread=reread)
    assert source.read_bytes() == b"someone else's"
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_a_source_that_is_gone_is_named(tmp_path: Path) -> None:
    source = keras_file(tmp_path / "a.keras")
    before, after = plan_for(source)
    source.unlink()
    with pytest.raises(WriteError, match="has disappeared"):
        write_document(before, after, tmp_path / "b.keras")


@pytest.mark.parametrize(
    ("part", "told"),
    [("config", "config"), ("training", "training"), ("metadata", "metadata"), ("attributes", "attributes"), ("weights", "weights")],
)
def test_a_draft_that_reads_back_otherwise_than_planned_is_thrown_away(tmp_path: Path, part: str, told: str) -> None:
    source = keras_file(tmp_path / "a.keras")
    before, after = plan_for(source)

    def reread(path: Path) -> Document:
        found = open_document(path)
        return found.replacing({key: value for key, value in found.parts.items() if key != part})

    with pytest.raises(WriteError, match=f"not what was planned: .*{told}"):
        write_document(before, after, tmp_path / "b.keras", reread=reread)
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_a_fault_that_the_plan_does_not_list_stops_the_writing(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras", config=b'{"class_name": '))
    assert before.faults
    with pytest.raises(WriteError, match="not what was planned: json-malformed in config"):
        write_document(before, cured(before), tmp_path / "b.keras")


def test_a_draft_that_cannot_be_read_back_is_thrown_away(tmp_path: Path) -> None:
    before, after = plan_for(keras_file(tmp_path / "a.keras"))

    def reread(path: Path) -> Document:
        raise ReadError("gone")

    with pytest.raises(WriteError, match="cannot be read back"):
        write_document(before, after, tmp_path / "b.keras", reread=reread)
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_an_interruption_leaves_no_draft(tmp_path: Path) -> None:
    before, after = plan_for(keras_file(tmp_path / "a.keras"))

    def reread(path: Path) -> Document:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_document(before, after, tmp_path / "b.keras", reread=reread)
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_the_extension_has_to_fit_the_content(tmp_path: Path) -> None:
    keras_file(tmp_path / "a.keras").rename(tmp_path / "a.h5")
    before = open_document(tmp_path / "a.h5")
    with pytest.raises(WriteError, match=r"needs the extension \.keras"):
        write_document(before, cured(before), tmp_path / "b.h5")
    assert not open_document(write_document(before, cured(before), default_output(tmp_path / "a.h5", before)).path).faults


def test_what_is_no_model_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "a.keras").write_bytes(b"<html>")
    before = open_document(tmp_path / "a.keras")
    with pytest.raises(WriteError, match="no saved Keras model"):
        write_document(before, before, tmp_path / "b.keras")


def test_a_document_that_came_from_no_file_cannot_be_written(tmp_path: Path) -> None:
    made = Document(Format.KERAS_ZIP, {"config": {}})
    with pytest.raises(WriteError, match="not read from a file"):
        write_document(made, made, tmp_path / "b.keras")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    before, after = plan_for(keras_file(tmp_path / "a.keras"))
    with pytest.raises(WriteError, match=r"the folder .*missing does not exist"):
        write_document(before, after, tmp_path / "missing" / "b.keras")
    with pytest.raises(WriteError, match=r"a\.keras is not a folder"):
        write_document(before, after, tmp_path / "a.keras" / "b.keras")


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.EACCES, "no permission"), (errno.EROFS, "read-only"), (errno.ENOSPC, "no space"), (errno.EIO, "could not be written")],
)
def test_what_the_system_refuses_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise OSError(number, os.strerror(number))

    before, after = plan_for(keras_file(tmp_path / "a.keras"))
    monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    with pytest.raises(WriteError, match=sentence):
        write_document(before, after, tmp_path / "b.keras")


WITHOUT_ROOM = """
import resource, sys
from pathlib import Path
from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.document import Document
from kdoctor.errors import WriteError
source, out, limit, change = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
before = open_document(source)
name = {**before.config, "config": {**before.config["config"], "name": "x" * int(change)}}
after = before.replacing({**before.parts, "config": name})
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    write_document(before, after, out, replace=True, backup=True)
except WriteError as error:
    print(error)
"""


@pytest.mark.parametrize(("make", "name"), [(keras_file, "a.keras"), (h5_file, "a.h5")])
@pytest.mark.parametrize("room", ["for half of a copy", "for a copy but not for the edit"])
def test_a_disk_that_fills_up_leaves_the_original_and_nothing_else(
    tmp_path: Path, make: Callable[[Path], Path], name: str, room: str
) -> None:
    source = make(tmp_path / name)
    original = source.read_bytes()
    limit, change = (len(original) // 2, 1) if "half" in room else (len(original) + 300, 8000)
    command = [sys.executable, "-c", WITHOUT_ROOM, str(source), str(source), str(limit), str(change)]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ended.stdout == f"{source} would be larger than this system allows\n"
    assert source.read_bytes() == original
    assert [path.name for path in tmp_path.iterdir()] == [name]
