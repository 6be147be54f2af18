"""The assets of a model (vocabularies and the like), taken out of one container for another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kdoctor.archive.writing.h5_container import pieces
from kdoctor.archive.writing.zip_container import ZipSource
from kdoctor.archive.zip.names import plain
from kdoctor.document import Document
from kdoctor.errors import WriteError

UNUSABLE: Final = re.compile(r"[\x00-\x1f\x7f:]")  # in a file's name, on one system or another


@dataclass(frozen=True, slots=True)
class Asset:
    """Its name below the model (``assets/…``, with slashes), its content in pieces, and its size in bytes."""

    name: str
    content: Iterable[bytes]
    size: int


def zip_assets(document: Document, source: ZipSource, names: Mapping[int, str]) -> Iterator[Asset]:
    """Those of an archive by ordinal, checked as they are unpacked. Raises `WriteError` for a damaged one, or one that leads elsewhere."""
    for key, name in names.items():
        member = document.members[key]
        yield Asset(_harmless(name), source.content(member), member.size)


def folder_assets(document: Document, folder: Path, names: Mapping[int, str]) -> Iterator[Asset]:
    """Those of an unpacked archive. Raises `WriteError` for a link: it may lead anywhere."""
    for key, name in names.items():
        file = folder / document.members[key].name
        if file.is_symlink() or not file.is_file():
            raise WriteError(f"{file} is no regular file")
        with open(file, "rb") as stream:
            yield Asset(_harmless(name), pieces(stream), file.stat().st_size)


def _harmless(name: str) -> str:
    steps = plain(name).split("/")
    if UNUSABLE.search(name) or any(step in ("", ".", "..") for step in steps):
        raise WriteError(f"the asset {name!r} would stand outside of the model")
    return "/".join(steps)
