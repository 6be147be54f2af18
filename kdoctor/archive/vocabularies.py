"""The words that lookup layers learned, which a ``.keras`` archive keeps as a text beside the config; read for those who ask for them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.writing.unwrapped import unwrapped
from kdoctor.archive.zip.archive import open_zip
from kdoctor.archive.zip.member import MemberError
from kdoctor.archive.zip.names import plain
from kdoctor.document import Document, Format
from kdoctor.limits import MIB, Limits

ASSETS: Final = "assets/"
VOCABULARY: Final = "/vocabulary.txt"
INSIDE: Final = "/_lookup_layer"  # where a TextVectorization keeps its StringLookup
LARGEST: Final = 8 * MIB


def vocabularies(document: Document, largest: int = LARGEST) -> Mapping[str, tuple[str, ...]]:
    """The words by the place of their layer, as ``layers/string_lookup``; none of a file that keeps none.

    Raises `MemberError` for one that cannot be read, or is longer than ``largest`` bytes.
    """
    origin = document.origin
    if origin is None or not document.format.native or not any(plain(one.name).endswith(VOCABULARY) for one in document.members.values()):
        return {}
    texts = _of_folder(document, origin.path, largest) if document.format is Format.KERAS_DIR else _of_zip(document, largest)
    return {_place(name): tuple(_lines(text)) for name, text in texts}


def _of_folder(document: Document, folder: Path, largest: int) -> Iterator[tuple[str, str]]:
    for member in document.members.values():
        if _is_vocabulary(member.name):
            file = folder / member.name
            if leads_elsewhere(file) or not file.is_file():
                raise MemberError(f"{member.name} is no regular file")
            yield member.name, _decoded(file.read_bytes() if _fits(member.name, member.size, largest) else b"", member.name)


def _of_zip(document: Document, largest: int) -> Iterator[tuple[str, str]]:
    if document.origin is None:
        return
    limits = Limits()
    with tempfile.TemporaryDirectory() as room, unwrapped(document.origin, Path(room), limits) as (stream, size):
        opened = open_zip(stream, size, limits)
        for entry in opened.archive.entries if opened is not None else ():
            name = plain(entry.name)
            if _is_vocabulary(name) and _fits(name, entry.size, largest):
                yield name, _decoded(opened.archive.read(entry) if opened is not None else b"", name)


def _is_vocabulary(name: str) -> bool:
    return ASSETS in name and name.endswith(VOCABULARY)


def _fits(name: str, size: int, largest: int) -> bool:
    if size > largest:
        raise MemberError(f"{name} is too long for that: {size:,} bytes")
    return True


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MemberError(f"{name} is no text") from error


def _lines(text: str) -> list[str]:
    """As IndexLookup.load_assets of Keras reads them: empty lines at the end do not count."""
    lines = text.splitlines()
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _place(name: str) -> str:
    """``assets/layers/text_vectorization/_lookup_layer/vocabulary.txt`` is that of ``layers/text_vectorization``."""
    place = name.partition(ASSETS)[2].removesuffix(VOCABULARY).removesuffix(INSIDE)
    return place.replace("_layer_checkpoint_dependencies/", "layers/")
