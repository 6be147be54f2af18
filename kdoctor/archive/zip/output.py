"""Writes a zip archive from records and streams, in constant memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Final

from kdoctor.archive.zip.checksums import Summed, checksum_of
from kdoctor.archive.zip.member import DEFLATED, STORED, MemberError, inflated
from kdoctor.archive.zip.record import Record, end_records
from kdoctor.errors import WriteError

CHUNK: Final = 1 << 20


class ZipOutput:
    """An archive under construction on a seekable stream that is open for writing, from its start."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._directory: list[tuple[Record, int]] = []

    def add_packed(self, record: Record, packed: Iterable[bytes]) -> None:
        """A member as it was packed elsewhere: ``record`` says how, and its sizes and checksum are right already."""
        self._directory.append((record, self._stream.tell()))
        self._stream.write(record.local())
        for chunk in packed:
            self._stream.write(chunk)

    def add_moved(self, record: Record, move: Callable[[Path, int], None]) -> None:
        """A stored member of which ``move`` writes the bytes into the file of this name itself, from the byte on that it is told."""
        self._directory.append((record, self._stream.tell()))
        self._stream.write(record.local())
        self._stream.flush()
        place = self._stream.tell()
        move(Path(self._stream.name), place)
        self._stream.seek(place + record.packed)

    def add_plain(self, record: Record, content: Iterable[bytes], size: int) -> None:
        """A member whose ``size`` bytes of content are stored as they are."""
        record = replace(record, method=STORED, packed=size, size=size, flags=record.flags & ~0b111)
        start, checksum = self._stream.tell(), 0
        self._stream.write(record.local())
        for chunk in content:
            checksum = zlib.crc32(chunk, checksum)
            self._stream.write(chunk)
        end, record = self._stream.tell(), replace(record, crc=checksum)
        self._stream.seek(start)
        self._stream.write(record.local())
        self._stream.seek(end)
        self._directory.append((record, start))

    def add_made(self, record: Record, make: Callable[[int], Iterable[Summed]]) -> None:
        """A member that ``make`` writes into the file itself, from the byte on that it is told; the stream must be open for reading, too.

        ``make`` returns the checksums of those parts, by their places in the file, that need not be read again for them.
        """
        record = replace(record, method=STORED, roomy=True, flags=record.flags & ~0b111)
        start = self._stream.tell()
        self._stream.write(record.local())
        self._stream.flush()
        data = self._stream.tell()
        known = make(data)
        end = self._stream.seek(0, 2)
        record = replace(record, crc=checksum_of(self._stream, data, end, known), packed=end - data, size=end - data)
        self._stream.seek(start)
        self._stream.write(record.local())
        self._stream.seek(end)
        self._directory.append((record, start))

    def finish(self) -> None:
        """Write the directory. Nothing can be added afterwards."""
        start = self._stream.tell()
        for record, offset in self._directory:
            self._stream.write(record.central(offset))
        self._stream.write(end_records(len(self._directory), start, self._stream.tell() - start))


def packed_bytes(stream: BinaryIO, start: int, count: int, name: str) -> Iterator[bytes]:
    """``count`` bytes from ``start`` on, piece by piece; raises `WriteError` when the stream ends before."""
    while count:
        stream.seek(start)  # each time: others read the stream in between
        chunk = stream.read(min(CHUNK, count))
        if not chunk:
            raise WriteError(f"{name!r} ends before its last byte: the archive is cut off")
        start, count = start + len(chunk), count - len(chunk)
        yield chunk


def plain_bytes(packed: Iterable[bytes], method: int, name: str) -> Iterator[bytes]:
    """The content of a member, in pieces of bounded size; takes ``packed`` to its end where that is stored or deflated."""
    if method == STORED:
        yield from packed
        return
    if method != DEFLATED:  # bzip2 or LZMA, which Python's zipfile reads, and so Keras
        try:
            yield from inflated(iter(packed), method)
        except MemberError as error:
            raise WriteError(f"{name!r} cannot be unpacked: {error}") from None
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    for chunk in packed:
        while chunk and not inflater.eof:
            try:
                yield inflater.decompress(chunk, CHUNK)
            except zlib.error as error:
                raise WriteError(f"{name!r} cannot be unpacked: {error}") from None
            chunk = inflater.unconsumed_tail
    if not inflater.eof:
        raise WriteError(f"{name!r} cannot be unpacked: its data breaks off")


def verified(plain: Iterable[bytes], size: int, checksum: int, name: str) -> Iterator[bytes]:
    """The same pieces; raises `WriteError` at the first byte too many, or at the end when size or CRC-32 do not fit."""
    found, length = 0, 0
    for chunk in plain:
        found, length = zlib.crc32(chunk, found), length + len(chunk)
        if length > size:
            break
        yield chunk
    if length != size:
        raise WriteError(f"{name!r} is not as long as the archive says: {size:,} bytes")
    if found != checksum:
        raise WriteError(f"the content of {name!r} does not fit its checksum: it was damaged after it was saved")
