"""Which files a scan looks at."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kdoctor.errors import UsageError
from kdoctor.scanning.files import find_models

EVERYTHING = [".hidden.h5", "a.h5", "b.keras", "unzipped.keras", "deep/D.KERAS", "deep/er/c.hdf5", "unzipped.keras/assets/x.h5"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models and other things, which is the working folder too."""
    for name in ("b.keras", "a.h5", "deep/er/c.hdf5", "deep/D.KERAS", "notes.txt", "deep/weights.npz", ".hidden.h5"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    for name in ("unzipped.keras/config.json", "unzipped.keras/model.weights.h5", "unzipped.keras/assets/x.h5"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(*paths: object) -> list[str]:
    return [path.as_posix() for path in find_models(map(str, paths))]


def test_a_folder_is_searched_by_extension_in_a_stable_order(folder: Path) -> None:
    assert found(".") == EVERYTHING


def test_an_unzipped_archive_is_one_model_and_hides_no_other(folder: Path) -> None:
    assert found("unzipped.keras") == ["unzipped.keras", "unzipped.keras/assets/x.h5"]
    for name in ("model_00000.weights.h5", "hidden.keras", "other.weights.h5", "deep/hidden.h5"):
        (folder / "unzipped.keras" / name).parent.mkdir(exist_ok=True)
        (folder / "unzipped.keras" / name).write_bytes(b"")
    inside = ("", "/hidden.keras", "/other.weights.h5", "/assets/x.h5", "/deep/hidden.h5")
    assert found("unzipped.keras") == [f"unzipped.keras{name}" for name in inside]


@pytest.mark.parametrize(
    ("files", "models"),
    [
        ({"config.json": b'{"class_name": "Sequential", "config": {}}'}, [""]),  # Keras calls what it names before it looks for weights
        ({"config.json": b'{"\\u0063lass_name": "Sequential"}'}, [""]),
        ({"config.json": b" " * 2_000_000}, [""]),
        ({"config.json": b"{}", "model.weights.npz": b""}, [""]),
        ({"config.json": b"{}", "model.weights.json": b""}, [""]),
        ({"config.json": b'{"architectures": ["BertModel"]}', "pytorch_model.bin": b""}, []),
        ({"config.json": b'{"architectures": ["BertModel"]}', "tf_model.h5": b""}, ["/tf_model.h5"]),
        ({"saved_model.pb": b"", "model.weights.h5": b"", "x.keras": b""}, ["", "/model.weights.h5", "/x.keras"]),
    ],
)
def test_a_folder_is_a_model_where_keras_takes_it_for_one(tmp_path: Path, files: dict[str, bytes], models: list[str]) -> None:
    (tmp_path / "it").mkdir()
    for name, data in files.items():
        (tmp_path / "it" / name).write_bytes(data)
    assert [str(path.relative_to(tmp_path)) for path in find_models([str(tmp_path)])] == [f"it{name}" for name in models]
    assert [str(path.relative_to(tmp_path)) for path in find_models([str(tmp_path / "it")])] == [f"it{name}" for name in models]


@pytest.mark.parametrize(
    ("names", "models"),
    [
        ([], [""]),  # as a copy leaves it that was cut off
        (["notes.txt"], [""]),
        (["variables/variables.index", "assets/words.txt"], [""]),  # a SavedModel without its program
        (["inner.keras"], ["/inner.keras"]),
        (["deep/inner.keras"], ["/deep/inner.keras"]),
        (["deep/notes.txt"], []),
    ],
)
def test_a_folder_named_like_a_model_that_holds_none_is_not_passed_over_in_silence(
    tmp_path: Path, names: list[str], models: list[str]
) -> None:
    (tmp_path / "it.keras").mkdir()
    for name in names:
        (tmp_path / "it.keras" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "it.keras" / name).write_bytes(b"")
    for asked in (tmp_path, tmp_path / "it.keras"):
        assert [str(path.relative_to(tmp_path)) for path in find_models([str(asked)])] == [f"it.keras{name}" for name in models]


def test_tar_archives_in_a_folder_are_not_opened_but_told(folder: Path) -> None:
    for name in ("old.tar", "deep/older.TGZ", "deep/data.tar.gz"):
        (folder / name).write_bytes(b"")
    told: list[str] = []
    assert [path.as_posix() for path in find_models(["."], None, lambda place: told.append(str(place)))] == EVERYTHING
    assert told == ["old.tar", "deep/data.tar.gz", "deep/older.TGZ"]


def test_a_file_given_by_name_is_taken_whatever_its_extension(folder: Path) -> None:
    assert found("notes.txt", "b.keras") == ["notes.txt", "b.keras"]


def test_a_pattern_is_expanded_in_order(folder: Path) -> None:
    assert found("*.keras") == ["b.keras", "unzipped.keras", "unzipped.keras/assets/x.h5"]
    assert found("deep/**/*.hdf5") == ["deep/er/c.hdf5"]


def test_a_file_found_twice_is_listed_once(folder: Path) -> None:
    assert found("b.keras", "*.keras", "b.keras") == ["b.keras", "unzipped.keras", "unzipped.keras/assets/x.h5"]


def test_a_file_whose_name_is_a_pattern_is_that_file(folder: Path) -> None:
    (folder / "model[1].keras").write_bytes(b"")
    (folder / "model1.keras").write_bytes(b"")
    assert found("model[1].keras") == ["model[1].keras"]


def test_a_folder_without_models_has_none(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert found("empty") == []


@pytest.mark.parametrize("path", ["missing.keras", "missing/*.keras", "*.onnx", "x" * 5_000])
def test_what_leads_to_nothing_is_wrong_usage(folder: Path, path: str) -> None:
    with pytest.raises(UsageError, match="no such file or folder"):
        found(path)


def test_links_to_folders_are_not_followed_so_that_a_circle_ends(folder: Path) -> None:
    os.symlink(folder, folder / "deep" / "circle")
    assert len(found(".")) == len(EVERYTHING)


def test_a_link_to_itself_is_a_file_that_nobody_can_read_and_hides_no_other(folder: Path) -> None:
    before = found(".")
    os.symlink("circle.keras", folder / "circle.keras")
    assert found(".") == sorted([*before, "circle.keras"], key=lambda path: ("/" in path, path))


def test_a_file_in_a_folder_that_was_searched_is_listed_once_and_one_that_the_search_passed_by_is_listed(folder: Path) -> None:
    os.symlink(folder / "deep", folder / "link")
    everything = found(".")
    assert found(".", "a.h5", "deep", "deep/er/c.hdf5", "*.keras") == everything
    assert found(".", "notes.txt", "link/D.KERAS", "unzipped.keras/model.weights.h5") == [
        *everything,
        "notes.txt",
        "link/D.KERAS",
        "unzipped.keras/model.weights.h5",
    ]
    assert found("deep", ".") == ["deep/D.KERAS", "deep/er/c.hdf5", *(name for name in everything if not name.startswith("deep/"))]
    assert found("a.h5", ".") == ["a.h5", *(name for name in everything if name != "a.h5")]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="permissions bind neither Windows nor root")
def test_a_folder_that_cannot_be_listed_is_not_passed_over_in_silence(folder: Path) -> None:
    (folder / "deep" / "er").chmod(0)
    assert "deep/er" in found(".")
    (folder / "deep" / "er").chmod(0o700)


def test_folders_are_searched_while_the_models_are_asked_for(folder: Path) -> None:
    models = find_models(["."])
    assert next(models).name == ".hidden.h5"
    (folder / "deep" / "new.keras").write_bytes(b"")
    assert "new.keras" in [path.name for path in models]


def test_a_saved_model_counts_as_one_model(tmp_path: Path) -> None:
    for name in ("a", "b/1"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "saved_model.pb").write_bytes(b"")
    (tmp_path / "a" / "keras_metadata.pb").write_bytes(b"")
    (tmp_path / "a" / "assets").mkdir()
    (tmp_path / "a" / "assets" / "inside.h5").write_bytes(b"")
    assert list(find_models([str(tmp_path)])) == [tmp_path / "a", tmp_path / "a" / "assets" / "inside.h5", tmp_path / "b" / "1"]
