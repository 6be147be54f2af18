from __future__ import annotations

import errno
import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from model_files import edited, keras_file, keras_members, name_of, plan_for

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import default_output, extension_for, write_document
from kdoctor.document import Document, Format
from kdoctor.errors import WriteError


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


def test_a_folder_made_of_a_file_has_no_extension() -> None:
    document = Document(Format.KERAS_DIR, {"file": {"name": "model.keras", "extension": ".keras", "content": "zip"}})
    assert default_output(Path("model.keras"), document) == Path("model.fixed")


def test_weights_by_layer_names_need_the_extension_of_the_old_loader() -> None:
    document = Document(Format.H5_WEIGHTS, {"file": {"extension": ".hdf5"}, "attributes": {"/": {"layer_names": ["dense"]}}})
    assert extension_for(document) == ".hdf5"
    assert extension_for(document.replacing({**document.parts, "file": {"extension": ".bin"}})) == ".h5"
