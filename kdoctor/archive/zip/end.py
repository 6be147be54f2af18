"""Finds the end record of a zip and the directory that it points to (APPNOTE.TXT 4.3.14-4.3.16), whatever stands before and after."""

from __future__ import annotations

import struct
from typing import BinaryIO, Final, NamedTuple

END: Final = b"PK\x05\x06"
DIRECTORY_ENTRY: Final = b"PK\x01\x02"
_END_FORMAT: Final = struct.Struct("<4s4H2LH")
_END64_LOCATOR: Final = struct.Struct("<4sLQL")
_END64_FORMAT: Final = struct.Struct("<4sQ2H2L4Q")
_END64: Final = b"PK\x06\x06"
_REACH: Final = 1 << 16  # bytes behind the record within which Python's zipfile finds it: one more than a comment has
_LONGEST_DIRECTORY: Final = 16 * 2**20


class End(NamedTuple):
    """Where the directory really stands: offsets and sizes in bytes.

    shift: what to add to every offset that the archive states. Positive: bytes were put before the archive;
    negative: bytes are missing from it. found: whether Python's zipfile, and so Keras, takes this record for the end.
    other: where some readers (Python 3.14 and later) find another record of a large archive, or -1.
    """

    directory: int
    directory_size: int
    shift: int
    trailing: int
    found: bool = True
    other: int = -1


def has_directory(stream: BinaryIO, size: int) -> bool:
    """Whether the bytes end in a zip directory."""
    return find_end(stream, size) is not None


def starts_with_member(stream: BinaryIO) -> bool:
    """Whether the very first bytes are a local header, so that nothing can have been put before the archive."""
    stream.seek(0)
    return stream.read(4) == b"PK\x03\x04"


def find_end(stream: BinaryIO, size: int) -> End | None:
    """The record that Python's zipfile takes for the end, or the last one that a directory really stands before; None within reach of neither."""
    start = max(0, size - _REACH - _END_FORMAT.size)
    stream.seek(start)
    tail = stream.read(size - start)
    taken = _taken(tail)
    place = taken if taken >= 0 else tail.rfind(END)
    while place >= 0:
        if (found := _end_at(stream, size, start + place, tail[place:])) is not None:
            return found._replace(found=place == taken)
        place = tail.rfind(END, 0, place)
    return None


def _taken(tail: bytes) -> int:
    """The place that zipfile takes unseen: the last bytes where they are a record without a comment, else the last signature of all."""
    last = len(tail) - _END_FORMAT.size
    if last >= 0 and tail.startswith(END, last) and tail.endswith(b"\0\0"):
        return last
    place = tail.rfind(END)
    return place if place <= last else -1


def find_end_from(stream: BinaryIO, size: int, start: int) -> End | None:
    """The end record of a directory that begins at ``start``, however much was put behind the archive."""
    stream.seek(start)
    data = stream.read(_LONGEST_DIRECTORY)
    place = data.find(END)
    while place >= 0:
        found = _end_at(stream, size, start + place, data[place : place + _END_FORMAT.size])
        if found is not None and found.directory == start:
            return found._replace(found=False)
        place = data.find(END, place + 1)
    return None


def _end_at(stream: BinaryIO, size: int, place: int, data: bytes) -> End | None:
    """The record at ``place``; the number of members that it states is asked by nobody."""
    if len(data) < _END_FORMAT.size:
        return None
    _, _, _, _, count, directory_size, stated, comment = _END_FORMAT.unpack_from(data)
    before, other = place, -1
    if (wide := _wide_end(stream, place)) is not None:
        before, directory_size, stated, other = wide
    directory = before - directory_size
    if directory < 0 or (directory_size == 0 and count != 0) or not _is_directory(stream, directory, directory_size):
        return None
    trailing = max(0, size - place - _END_FORMAT.size - comment)
    return End(directory, directory_size, directory - stated, trailing, other=other)


def _is_directory(stream: BinaryIO, offset: int, size: int) -> bool:
    if size == 0:
        return True
    stream.seek(offset)
    return stream.read(4) == DIRECTORY_ENTRY


def _wide_end(stream: BinaryIO, place: int) -> tuple[int, int, int, int] | None:
    """Place, directory size and directory offset of a zip64 end record, which stands right before its locator; where the locator says that
    it stands, if another one does there."""
    if place < _END64_LOCATOR.size + _END64_FORMAT.size:
        return None
    stream.seek(place - _END64_LOCATOR.size)
    signature, _, told, _ = _END64_LOCATOR.unpack(stream.read(_END64_LOCATOR.size))
    if signature != b"PK\x06\x07":
        return None
    at = place - _END64_LOCATOR.size - _END64_FORMAT.size
    stream.seek(at)
    fields = _END64_FORMAT.unpack(stream.read(_END64_FORMAT.size))
    stream.seek(min(told, at))
    other = told if told < at and stream.read(4) == _END64 else -1
    return (at, fields[8], fields[9], other) if fields[0] == _END64 else None
