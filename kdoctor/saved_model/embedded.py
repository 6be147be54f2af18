"""Modules that an archive brings with it: found by their digest, and unpacked for as long as Python runs."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from kdoctor.errors import ReadError
from kdoctor.saved_model.module import CHUNK, MOST_FILES, PROGRAM, digest_of, read_module

ASSETS = "assets/"
LARGEST = 16 << 30  # bytes, unpacked

_UNPACKED: dict[str, Path] = {}  # digest -> folder


def embedded_module(archive: Path, digest: str) -> Path | None:
    """The folder of the module with this digest (see `kdoctor.saved_model.module`) in a ``.keras`` archive, or an unpacked one.

    None where the archive holds none. Raises `ReadError` for one that cannot be read.
    """
    if archive.is_dir():
        found = (path.parent for path in sorted((archive / ASSETS).rglob(PROGRAM)))
        return next((folder for folder in found if read_module(folder).digested().digest == digest), None)
    if not zipfile.is_zipfile(archive):
        return None
    if digest not in _UNPACKED:
        with zipfile.ZipFile(archive) as opened:
            folder = next((name for name, files in _modules(opened) if _digest(opened, name, files) == digest), None)
            if folder is None:
                return None
            _UNPACKED[digest] = _unpack(opened, folder)
    return _UNPACKED[digest]


def _modules(archive: zipfile.ZipFile) -> Iterator[tuple[str, list[zipfile.ZipInfo]]]:
    """Each folder (with a slash at its end) that holds a module, and its files in the order of their names."""
    files = [entry for entry in archive.infolist() if entry.filename.startswith(ASSETS) and not entry.is_dir()]
    for entry in files:
        if PurePosixPath(entry.filename).name == PROGRAM:
            folder = entry.filename[: -len(PROGRAM)]
            inside = [each for each in files if each.filename.startswith(folder)]
            if len(inside) > MOST_FILES or sum(each.file_size for each in inside) > LARGEST:
                raise ReadError(f"{archive.filename} brings a module of more than {MOST_FILES:,} files, or {LARGEST:,} bytes")
            yield folder, sorted(inside, key=lambda each: each.filename[len(folder) :])


def _digest(archive: zipfile.ZipFile, folder: str, files: list[zipfile.ZipInfo]) -> str:
    return digest_of((entry.filename[len(folder) :], entry.file_size, archive.open(entry)) for entry in files)  # type: ignore[misc]


def _unpack(archive: zipfile.ZipFile, folder: str) -> Path:
    """The module in a folder of its own, removed when Python ends. Raises `ReadError` for a name that leads elsewhere."""
    place = Path(tempfile.mkdtemp(prefix="kdoctor-hub-"))
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    for entry in archive.infolist():
        name = entry.filename
        if not name.startswith(folder) or entry.is_dir():
            continue
        steps = name[len(folder) :].split("/")
        if any(step in ("", ".", "..") or "\\" in step or ":" in step for step in steps):
            raise ReadError(f"{archive.filename} holds {name!r}, which would stand outside of its module")
        target = place.joinpath(*steps)
        os.makedirs(target.parent, exist_ok=True)
        with archive.open(entry) as source, open(target, "xb") as copy:
            shutil.copyfileobj(source, copy, CHUNK)
    return place
