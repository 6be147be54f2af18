"""Where the HDF5 contents of a file stand whose numbers shall be looked at; what is packed is unpacked beside it first."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from kdoctor.archive.shards import MAP, shard_files
from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.writing.container_change import holders, in_front, is_packed
from kdoctor.archive.writing.unwrapped import unwrapped
from kdoctor.archive.writing.zip_container import ZipSource
from kdoctor.archive.zip.member import STORED
from kdoctor.archive.zip.output import packed_bytes, plain_bytes
from kdoctor.archive.zip.record import read_marks
from kdoctor.document import Document, Member, Origin
from kdoctor.errors import WriteError
from kdoctor.limits import Limits


@dataclass(frozen=True, slots=True)
class Content:
    """``size`` bytes of a file from ``start`` on. ``member``: its name in the archive, and the CRC-32 that the archive states, ``expected``;

    ``found``: the CRC-32 of what is there, where it is known already. Both None, and ``member`` empty, where nothing states one.
    """

    path: Path
    start: int
    size: int
    member: str = ""
    expected: int | None = None
    found: int | None = None


@contextlib.contextmanager
def opened_contents(document: Document, origin: Origin, folder: Path) -> Iterator[list[Content]]:
    """The contents, shards in their order; ``folder`` is room for what has to be unpacked. Raises `WriteError` where that fails."""
    if document.file.get("content") == MAP:
        yield [Content(file, 0, file.stat().st_size) for file in shard_files(origin.path, Limits())]
    elif not document.format.native:
        with unwrapped(origin, folder, Limits()) as (stream, size):
            path = _spooled(folder / "source.h5", iter(partial(stream.read, 1 << 20), b""))[0] if origin.wrapping else origin.path
            ahead = in_front(document)
            yield [Content(path, ahead, size - ahead)]
    elif document.file.get("content") == "directory":
        files = [origin.path / member.name for member in holders(document)]
        if any(map(leads_elsewhere, files)):
            raise WriteError(f"{origin.path} holds a link instead of its weights")
        yield [Content(file, 0, file.stat().st_size) for file in files]
    else:
        with unwrapped(origin, folder, Limits()) as (stream, size):
            source = ZipSource(stream, read_marks(stream, size), folder)
            yield [_content(document, source, stream, member, origin) for member in holders(document)]


def _content(document: Document, source: ZipSource, stream: BinaryIO, member: Member, origin: Origin) -> Content:
    """A stored member stands in the archive; another one is unpacked."""
    record, start = source.locate(member)
    if in_front(document) or is_packed(document, member):  # copied in passing; the checksum is compared while it is
        path, ahead = _spooled(source.folder / f"source{member.offset}.h5", source.hdf5(member))[0], in_front(document)
        return Content(path, ahead, path.stat().st_size - ahead)
    if record.method == STORED and not origin.wrapping:
        return Content(origin.path, start, member.size, member.name, member.crc)
    packed = packed_bytes(stream, start, member.packed, member.name)
    path, found = _spooled(source.folder / f"source{member.offset}.h5", _bounded(plain_bytes(packed, record.method, member.name), member))
    return Content(path, 0, path.stat().st_size, member.name, member.crc, found)


def _bounded(content: Iterable[bytes], member: Member) -> Iterator[bytes]:
    left = member.size
    for piece in content:
        left -= len(piece)
        if left < 0:
            raise WriteError(f"{member.name!r} is longer than the archive says")
        yield piece


def _spooled(path: Path, content: Iterable[bytes]) -> tuple[Path, int]:
    """The file that was written, and its CRC-32."""
    checksum = 0
    with open(path, "xb") as file:
        for piece in content:
            checksum = zlib.crc32(piece, checksum)
            file.write(piece)
    return path, checksum
