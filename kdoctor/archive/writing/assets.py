"""The assets of a model (vocabularies and the like), taken out of one container for another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.writing.brought import Asset, harmless
from kdoctor.archive.writing.h5_container import pieces
from kdoctor.archive.writing.zip_container import ZipSource
from kdoctor.document import Document
from kdoctor.errors import WriteError


def zip_assets(document: Document, source: ZipSource, names: Mapping[int, str]) -> Iterator[Asset]:
    """Those of an archive by ordinal, checked as they are unpacked. Raises `WriteError` for a damaged one, or one that leads elsewhere."""
    for key, name in names.items():
        member = document.members[key]
        yield Asset(harmless(name), source.content(member), member.size)


def folder_assets(document: Document, folder: Path, names: Mapping[int, str]) -> Iterator[Asset]:
    """Those of an unpacked archive. Raises `WriteError` for a link: it may lead anywhere."""
    for key, name in names.items():
        file = folder / document.members[key].name
        if leads_elsewhere(file) or not file.is_file():
            raise WriteError(f"{file} is no regular file")
        with open(file, "rb") as stream:
            yield Asset(harmless(name), pieces(stream), file.stat().st_size)
