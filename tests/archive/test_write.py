from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from model_files import cured, edited, h5_file, keras_file, keras_members, moved

from kdoctor.archive import open_document
from kdoctor.archive.write import default_output, extension_for, write_document
from kdoctor.document import Document, Format
from kdoctor.errors import ReadError, WriteError


def plan_for(source: Path) -> tuple[Document, Document]:
    before = open_document(source)
    return before, edited(before, "config", "config", "name", new="renamed")


def name_of(path: Path) -> str:
    name: str = open_document(path).config["config"]["name"]
    return name


# what is put where


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    before, after = plan_for(keras_file(tmp_path / "a.keras"))
    (tmp_path / "b.keras").write_bytes(b"precious")
    with pytest.raises(WriteError, match="already exists"):
        write_document(before, after, tmp_path / "b.keras")
    assert (tmp_path / "b.keras").read_bytes() == b"precious"


def test_a_file_that_appears_meanwhile_is_not_overwritten_either(tmp_path: Path) -> None:
    before, after = plan_for(keras_file(tmp_path / "a.keras"))

    def reread(path: Path) -> Document:
        (tmp_path / "b.keras").write_bytes(b"precious")
        return open_document(path)

    with pytest.raises(WriteError, match="already exists"):
        write_document(before, after, tmp_path / "b.keras", reread=reread)
    assert (tmp_path / "b.keras").read_bytes() == b"precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.keras", "b.keras"]


def test_a_dangling_link_counts_as_existing(tmp_path: Path) -> None:
    before, after = plan_for(keras_file(tmp_path / "a.keras"))
    (tmp_path / "b.keras").symlink_to(tmp_path / "nowhere.keras")
    with pytest.raises(WriteError, match="already exists"):
        write_document(before, after, tmp_path / "b.keras")
    assert not (tmp_path / "nowhere.keras").exists()


def test_in_place_leaves_a_backup_and_never_takes_one_that_is_there(tmp_path: Path) -> None:
    source = keras_file(tmp_path / "a.keras")
    contents = []
    for number in range(3):
        contents.append(source.read_bytes())
        before = open_document(source)
        written = write_document(before, edited(before, "config", "config", "name", new=f"n{number}"), source, replace=True, backup=True)
        assert written.backup == tmp_path / ("a.keras.bak" + (f".{number}" if number else ""))
    assert [(tmp_path / name).read_bytes() for name in ("a.keras.bak", "a.keras.bak.1", "a.keras.bak.2")] == contents
    assert name_of(source) == "n2"


def test_without_hard_links_everything_works_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    source = keras_file(tmp_path / "a.keras")
    original = source.read_bytes()
    before, after = plan_for(source)
    assert name_of(write_document(before, after, tmp_path / "b.keras").path) == "renamed"
    with pytest.raises(WriteError, match="already exists"):
        write_document(before, after, tmp_path / "b.keras")
    write_document(before, after, source, replace=True, backup=True)
    assert (tmp_path / "a.keras.bak").read_bytes() == original
    assert name_of(source) == "renamed"


def test_where_the_last_step_fails_no_backup_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    source = keras_file(tmp_path / "a.keras")
    original = source.read_bytes()
    before, after = plan_for(source)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(WriteError, match="no permission"):
        write_document(before, after, source, replace=True, backup=True)
    assert source.read_bytes() == original
    assert [path.name for path in tmp_path.iterdir()] == ["a.keras"]


def test_a_symbolic_link_goes_on_pointing_to_the_file_that_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    source = keras_file(tmp_path / "real" / "model.keras")
    link = tmp_path / "link.keras"
    link.symlink_to(source)
    before, after = plan_for(link)
    write_document(before, after, link, replace=True, backup=True)
    assert link.is_symlink()
    assert name_of(source) == "renamed"
    assert (tmp_path / "real" / "model.keras.bak").exists()


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o444, 0o755])
def test_the_mode_bits_of_the_original_are_kept(tmp_path: Path, mode: int) -> None:
    source = keras_file(tmp_path / "a.keras")
    source.chmod(mode)
    before, after = plan_for(source)
    for out in (tmp_path / "b.keras", source):
        written = write_document(before, after, out, replace=out == source)
        assert stat.S_IMODE(written.path.stat().st_mode) == mode


def test_a_target_without_a_folder_in_its_path_is_written_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = plan_for(keras_file(tmp_path / "a.keras"))
    monkeypatch.chdir(tmp_path)
    write_document(before, after, Path("b.keras"))
    assert name_of(tmp_path / "b.keras") == "renamed"


# what is refused, and what is left then: nothing


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


def test_another_container_is_not_the_writers_work(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    after = Document(Format.H5_MODEL, before.parts, "", before.origin)
    with pytest.raises(WriteError, match="cannot convert"):
        write_document(before, after, tmp_path / "b.h5")


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
from kdoctor.archive.write import write_document
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
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert ended.stdout == f"{source} would be larger than this system allows\n"
    assert source.read_bytes() == original
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_memory_does_not_grow_with_the_weights(tmp_path: Path) -> None:
    source = tmp_path / "a.keras"
    with zipfile.ZipFile(source, "w") as archive:
        for name, data in keras_members().items():
            archive.writestr(name, data)
        with archive.open("assets/large.bin", "w") as member:
            for _ in range(60):
                member.write(bytes(1 << 20))
    before, after = plan_for(source)
    tracemalloc.start()
    try:
        write_document(before, after, tmp_path / "b.keras")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 << 20


# folders


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


# names


@pytest.mark.parametrize(
    ("name", "format", "extension", "out"),
    [
        ("model.keras", Format.KERAS_ZIP, ".keras", "model.fixed.keras"),
        ("model.h5", Format.KERAS_ZIP, ".keras", "model.fixed.keras"),
        ("model.keras", Format.H5_MODEL, ".h5", "model.fixed.h5"),
        ("model.hdf5", Format.H5_MODEL, ".hdf5", "model.fixed.hdf5"),
        ("model.h5.gz", Format.H5_MODEL, ".h5", "model.fixed.h5"),
        ("v1.2", Format.H5_MODEL, ".h5", "v1.2.fixed.h5"),
        ("m.weights.h5", Format.H5_WEIGHTS, ".weights.h5", "m.fixed.weights.h5"),
        ("m.h5", Format.H5_WEIGHTS, ".weights.h5", "m.fixed.weights.h5"),
        ("folder", Format.KERAS_DIR, "", "folder.fixed"),
        ("folder.keras", Format.KERAS_DIR, ".keras", "folder.fixed.keras"),
    ],
)
def test_the_default_output_stands_beside_the_original_under_the_extension_that_fits(
    name: str, format: Format, extension: str, out: str
) -> None:
    shown = ".weights.h5" if name.endswith(".weights.h5") else Path(name).suffix
    document = Document(format, {"file": {"name": name, "extension": shown}})
    assert extension_for(document) == extension
    assert default_output(Path("there") / name, document) == Path("there") / out


def test_weights_by_layer_names_need_the_extension_of_the_old_loader() -> None:
    document = Document(Format.H5_WEIGHTS, {"file": {"extension": ".hdf5"}, "attributes": {"/": {"layer_names": ["dense"]}}})
    assert extension_for(document) == ".hdf5"
    assert extension_for(document.replacing({**document.parts, "file": {"extension": ".bin"}})) == ".h5"
