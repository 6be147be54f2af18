"""What is installed, by the folders of packages: the same that `importlib.metadata` says, without its import."""

from __future__ import annotations

import re
import sys
import zipfile
from importlib.metadata import distributions, entry_points
from pathlib import Path

import pytest

from kdoctor.installed import GROUP, packages_with, points_of, version_of


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder of packages."""
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    return tmp_path


def package(folder: Path, entry: str, *, version: str = "1.0", points: str = "", record: str = "") -> None:
    (folder / entry).mkdir(parents=True)
    (folder / entry / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {entry.partition('-')[0]}\nVersion: {version}\n")
    (folder / entry / "entry_points.txt").write_text(points)
    (folder / entry / "RECORD").write_text(record)


def test_every_package_of_this_environment_has_the_version_that_the_library_says() -> None:
    first = {}
    for one in distributions():
        first.setdefault(one.name, one.version)
    assert len(first) > 20
    assert {name: version_of(name) for name in first} == first


def test_a_package_that_is_not_there_has_no_version(folder: Path) -> None:
    package(folder, "keras_tuner-1.4.7.dist-info")
    assert version_of("keras") is None


def test_a_name_is_known_however_it_is_spelled(folder: Path) -> None:
    package(folder, "Tf_Keras-2.19.0.dist-info")
    assert version_of("tf-keras") == "2.19.0"


def test_the_leftovers_of_a_broken_upgrade_are_left_to_the_library_to_tell_apart(folder: Path) -> None:
    package(folder, "keras-3.1.0.dist-info", version="3.1.0")
    package(folder, "keras-3.2.0.dist-info", version="3.2.0")
    assert version_of("keras") in ("3.1.0", "3.2.0")


def test_the_packs_of_this_environment_are_those_that_the_library_finds() -> None:
    theirs = {point.dist.name for point in entry_points(group=GROUP) if point.dist is not None}
    assert {re.split(r"-|\.egg", entry)[0] for entry, _ in packages_with(GROUP)} == theirs


def test_the_entry_points_of_this_environment_are_those_that_the_library_finds() -> None:
    groups = entry_points().groups
    assert {GROUP, "console_scripts"} <= {*groups}
    for group in groups:
        assert sorted(points_of(group)) == sorted((point.name, point.value) for point in entry_points(group=group))


def test_entry_points_are_read_as_the_library_reads_them(folder: Path) -> None:
    package(
        folder, "pack-1.0.dist-info", points=f"# first\n[other]\nY=other\n\n[{GROUP}]\n X =  pack:one [more]\n#Z = no\n\n[last]\nW = last\n"
    )
    theirs = [(point.name, point.value) for point in entry_points(group=GROUP)]
    assert [*points_of(GROUP)] == theirs == [("X", "pack:one [more]")]


def test_a_package_that_stands_twice_has_the_entry_points_of_the_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package(folder / "a", "pack-2.0.dist-info", points=f"[{GROUP}]\nX = new\n")
    package(folder / "b", "pack-1.0.dist-info", points=f"[{GROUP}]\nX = old\n")
    monkeypatch.setattr(sys, "path", [str(folder / "a"), str(folder / "b")])
    assert points_of(GROUP) == (("X", "new"),)


def test_another_release_of_a_pack_is_another_answer(folder: Path) -> None:
    package(folder, "pack-1.0.dist-info", points=f"[{GROUP}]\nX = pack\n", record="pack/__init__.py,sha256=a,1")
    package(folder, "other-1.0.dist-info", points="[console_scripts]\nother = other:main\n")
    assert packages_with(GROUP) == (("pack-1.0.dist-info", "pack/__init__.py,sha256=a,1"),)


def test_a_pack_in_a_zip_file_is_found_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(folder / "packs.zip", "w") as archive:
        archive.writestr("pack-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: pack\nVersion: 2.0\n")
        archive.writestr("pack-2.0.dist-info/entry_points.txt", f"[{GROUP}]\nX = pack\n")
    monkeypatch.setattr(sys, "path", [str(folder), str(folder / "packs.zip")])
    assert [name for name, _ in packages_with(GROUP)] == ["pack-2.0"]
    assert points_of(GROUP) == (("X", "pack"),)
    assert version_of("pack") == "2.0"
