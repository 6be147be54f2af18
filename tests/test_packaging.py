"""What is installed: every module, check and data file of the tree, and nothing else."""

from __future__ import annotations

import email
import shutil
import subprocess
import sys
import tarfile
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from kdoctor import __version__

ROOT = Path(__file__).parent.parent
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources to build in, without what Python left behind."""
    copy = tmp_path_factory.mktemp("tree")
    for folder in ("kdoctor", "checks"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, copy)
    return copy


def built(tree: Path, hook: str, folder: Path) -> Path:
    """The distribution that the build backend makes, by its own hook, without a network."""
    command = [sys.executable, "-c", BUILD, hook, str(folder)]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    return zipfile.ZipFile(built(tree, "build_wheel", tmp_path_factory.mktemp("wheel")))


def expected(tree: Path) -> set[str]:
    """The names that the tree's files have once they are installed."""
    own = {path.relative_to(tree).as_posix() for path in (tree / "kdoctor").rglob("*") if path.is_file()}
    return own | {f"kdoctor/checks/{path.name}" for path in (tree / "checks").iterdir()}


def test_the_wheel_holds_every_module_check_and_data_file_and_nothing_else(tree: Path, wheel: zipfile.ZipFile) -> None:
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected(tree)


def test_only_what_is_meant_to_be_data_is_data(tree: Path) -> None:
    assert {Path(name).suffix for name in expected(tree)} == {".py", ".json", ".typed"}


def test_no_package_called_checks_is_ever_installed_beside_kdoctor(wheel: zipfile.ZipFile) -> None:
    assert {name.split("/")[0].split("-")[0] for name in wheel.namelist()} == {"kdoctor"}


def test_the_command_and_the_checks_are_entry_points(wheel: zipfile.ZipFile) -> None:
    entries = ConfigParser()
    entries.optionxform = str  # type: ignore[assignment, method-assign]
    entries.read_string(information(wheel, "entry_points.txt"))
    assert dict(entries["console_scripts"]) == {"kdoctor": "kdoctor.cli:run"}
    assert dict(entries["kdoctor.checks"]) == {"K": "kdoctor.checks"}


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    told = email.message_from_string(information(wheel, "METADATA"))
    assert (told["Name"], told["Version"], told["Requires-Python"], told["License-Expression"]) == (
        "kdoctor",
        __version__,
        ">=3.10",
        "Apache-2.0",
    )
    assert told.get_payload().strip()
    assert any(name.endswith("LICENSE") for name in wheel.namelist())


def test_the_source_distribution_holds_all_that_is_installed(tree: Path, tmp_path: Path) -> None:
    with tarfile.open(built(tree, "build_sdist", tmp_path)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    sources = {
        path.relative_to(tree).as_posix() for folder in ("kdoctor", "checks") for path in (tree / folder).rglob("*") if path.is_file()
    }
    assert sources <= names


def information(wheel: zipfile.ZipFile, name: str) -> str:
    return wheel.read(f"kdoctor-{__version__}.dist-info/{name}").decode()
