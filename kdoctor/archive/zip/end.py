"""Finds the end record of a zip and the directory that it points to (APPNOTE.TXT 4.3.14-4.3.16), whatever stands before and after."""

from __future__ import annotations

import struct
from typing import BinaryIO, Final, NamedTuple

END: Final = b"PK\x05\x06"
DIRECTORY_ENTRY: Final = b"PK\x01\x02"
_END_FORMAT: Final = struct.Struct("<4s4H2LH")
_END64_LOCATOR: Final = struct.Struct("<4sLQL")
_END64_FORMAT: Final = struct.Struct("<4sQ2H2L4Q")
_LONGEST_COMMENT: Final = 0xFFFF
_LONGEST_DIRECTORY: Final = 16 * 2**20


class End(NamedTuple):
    """Where the directory really stands: offsets and sizes in bytes.

    shift: what to add to every offset that the archive states. Positive: bytes were put before the archive;
    negative: bytes are missing from it.
    """

    directory: int
    directory_size: int
    shift: int
    trailing: int


def has_directory(stream: BinaryIO, size: int) -> bool:
    """Whether the bytes end in a zip directory."""
    return find_end(stream, size) is not None


def starts_with_member(stream: BinaryIO) -> bool:
    """Whether the very first bytes are a local header, so that nothing can have been put before the archive."""
    stream.seek(0)
    return stream.read(4) == b"PK\x03\x04"


def find_end(stream: BinaryIO, size: int) -> End | None:
    """The last end record that a directory really stands before; None when there is none within reach of a comment."""
    start = max(0, size - _LONGEST_COMMENT - _END_FORMAT.size)
    stream.seek(start)
    tail = stream.read(size - start)
    place = tail.rfind(END)
    while place >= 0:
        if (found := _end_at(stream, size, start + place, tail[place:])) is not None:
            return found
        place = tail.rfind(END, 0, place)
    return None


def find_end_from(stream: BinaryIO, size: int, start: int) -> End | None:
    """The end record of a directory that begins at ``start``, however much was put behind the archive."""
    stream.seek(start)
    data = stream.read(_LONGEST_DIRECTORY)
    place = data.find(END)
    while place >= 0:
        found = _end_at(stream, size, start + place, data[place : place + _END_FORMAT.size])
        if found is not None and found.directory == start:
            return found
        place = data.find(END, place + 1)
    return None


def _end_at(stream: BinaryIO, size: int, place: int, data: bytes) -> End | None:
    if len(data) < _END_FORMAT.size:
        return None
    _, _, _, _, count, directory_size, stated, comment = _END_FORMAT.unpack_from(data)
    before = place
    if (wide := _wide_end(stream, place)) is not None:
        before, directory_size, stated = wide
    directory = before - directory_size
    if directory < 0 or (directory_size == 0) != (count == 0) or not _is_directory(stream, directory, directory_size):
        return None
    trailing = max(0, size - place - _END_FORMAT.size - comment)
    return End(directory, directory_size, directory - stated, trailing)


def _is_directory(stream: BinaryIO, offset: int, size: int) -> bool:
    if size == 0:
        return True
    stream.seek(offset)
    return stream.read(4) == DIRECTORY_ENTRY


def _wide_end(stream: BinaryIO, place: int) -> tuple[int, int, int] | None:
    """Place, directory size and directory offset of a zip64 end record, which stands right before its locator."""
    if place < _END64_LOCATOR.size + _END64_FORMAT.size:
        return None
    stream.seek(place - _END64_LOCATOR.size)
    if stream.read(4) != b"PK\x06\x07":
        return None
    at = place - _END64_LOCATOR.size - _END64_FORMAT.size
    stream.seek(at)
    fields = _END64_FORMAT.unpack(stream.read(_END64_FORMAT.size))
    return (at, fields[8], fields[9]) if fields[0] == b"PK\x06\x06" else None
