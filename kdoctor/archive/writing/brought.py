"""Assets of a model (vocabularies and the like), and those that a plan brings from outside of the original: files of a folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.writing.h5_container import pieces
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


def brought_assets(after: Document) -> Iterator[Asset]:
    """Those that the plan brings from outside of the original. Raises `WriteError` for a file that is not what the plan saw."""
    for member in after.members.values():
        if not member.brought:
            continue
        file = Path(member.brought)
        if leads_elsewhere(file) or not file.is_file():
            raise WriteError(f"{file} is no regular file")
        with open(file, "rb") as stream:
            yield Asset(harmless(member.name), _whole(stream, member.size, file), member.size)


def write_assets(assets: Iterable[Asset], folder: Path) -> None:
    """Put them below the folder of a model. Raises FileExistsError where a file stands already."""
    for asset in assets:
        (folder / asset.name).parent.mkdir(parents=True, exist_ok=True)
        with open(folder / asset.name, "xb") as target:
            target.writelines(asset.content)


def _whole(stream: BinaryIO, size: int, file: Path) -> Iterator[bytes]:
    """The content in pieces; raises `WriteError` where it is not as long as it was."""
    length = 0
    for piece in pieces(stream):
        length += len(piece)
        if length > size:
            break
        yield piece
    if length != size:
        raise WriteError(f"{file} has changed since it was read")


def harmless(name: str) -> str:
    """The name with slashes. Raises `WriteError` for one that leads out of the model."""
    steps = plain(name).split("/")
    if UNUSABLE.search(name) or any(step in ("", ".", "..") for step in steps):
        raise WriteError(f"the asset {name!r} would stand outside of the model")
    return "/".join(steps)
