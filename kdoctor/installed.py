"""What is installed beside kdoctor, as the folders of packages tell it: importing `importlib.metadata` takes longer than a scan that finds all in
its cache. What they do not tell plainly it is asked for all the same."""

from __future__ import annotations

import functools
import os
import re
import sys
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

GROUP: Final = "kdoctor.checks"  # the entry points of packs of checks
_PLAIN = ".dist-info"  # the folder's name holds the version
_OLD = ".egg-info"
ENTRY_POINTS: Final = "entry_points.txt"


def version_of(name: str) -> str | None:
    """The version of a package; None where it is not installed. Nothing is imported."""
    for folder in sys.path:
        found = [entry for entry in _metadata_in(folder) if _name(entry) == _normalized(name)]
        if len(found) == 1 and found[0].endswith(_PLAIN) and "-" in found[0]:
            return found[0].removesuffix(_PLAIN).partition("-")[2]
        if found:
            return _asked_of_the_library(name)
    return None if _all_are_folders() else _asked_of_the_library(name)


class Point(NamedTuple):
    """An entry point: its name, and the module that it names."""

    name: str
    value: str


def points_of(group: str) -> tuple[Point, ...]:
    """The entry points of a group, of every package that has some, in the order of ``sys.path``. Nothing is imported."""
    if not _all_are_folders():
        from importlib.metadata import entry_points

        return tuple(Point(point.name, point.value) for point in entry_points(group=group))
    found = {_name(entry): tuple(_points(_text(folder, entry, ENTRY_POINTS), group)) for folder, entry in _having(group)}
    return tuple(point for points in reversed(found.values()) for point in points)


def _points(text: str, group: str) -> Iterator[Point]:
    section = ""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            section = line.strip("[]")
        elif section == group and line and not line.startswith("#"):
            name, _, value = line.partition("=")
            yield Point(name.strip(), value.strip())


def packages_with(group: str) -> tuple[tuple[str, str], ...]:
    """Every package that has entry points of a group, in order: the name of its folder of metadata, and the list of its files with their
    digests. It changes whenever another release of one is installed."""
    found = {_name(entry): (entry, _text(folder, entry, "RECORD")) for folder, entry in _having(group)}
    if not _all_are_folders():
        from importlib.metadata import entry_points

        for point in entry_points(group=group):
            if point.dist is not None:
                record = point.dist.read_text("RECORD") or ""
                found.setdefault(_normalized(point.dist.name), (f"{point.dist.name}-{point.dist.version}", record))
    return tuple(sorted(found.values()))


def told_apart(record: str) -> tuple[int, int]:
    """What another list of files has otherwise: its length in bytes and its checksum. It holds a digest of each file, and is nobody's to choose;
    importing `hashlib` takes a thirtieth of a scan that finds all in its cache."""
    data = record.encode()
    return len(data), zlib.crc32(data)


def _having(group: str) -> Iterator[tuple[str, str]]:
    """The folder and the entry of each package with such entry points; the last folders first, so that the first win."""
    for folder in reversed(sys.path):
        for entry in _metadata_in(folder):
            if f"[{group}]" in _text(folder, entry, ENTRY_POINTS):
                yield folder, entry


@functools.lru_cache(maxsize=64)
def _metadata_in(folder: str) -> tuple[str, ...]:
    """The folders of metadata in a folder of packages."""
    try:
        return tuple(entry for entry in sorted(os.listdir(folder or ".")) if entry.endswith((_PLAIN, _OLD)))
    except OSError:
        return ()


def _all_are_folders() -> bool:
    """Whether packages can stand nowhere but in folders: neither in zip files nor where a finder of its own looks for them."""
    finders = [finder for finder in sys.meta_path if hasattr(finder, "find_distributions")]
    return len(finders) <= 1 and not any(os.path.isfile(path) or path.endswith(".egg") for path in sys.path)


def _name(entry: str) -> str:
    return _normalized(entry.removesuffix(_PLAIN).removesuffix(_OLD).partition("-")[0])


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _text(folder: str, entry: str, name: str) -> str:
    try:
        with open(os.path.join(folder, entry, name), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def _asked_of_the_library(name: str) -> str | None:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return None
