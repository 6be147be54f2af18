"""Reads the directory of a zip itself, because Python's zipfile refuses a whole archive for one bad entry."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from kdoctor.archive.zip.end import DIRECTORY_ENTRY, End
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
_DIRECTORY_BYTES: Final = 16 * 2**20  # names, extra fields and comments together; 10,000 members need one or two
ENCRYPTED: Final = 0x1
SIZES_FOLLOW: Final = 0x8
UTF8_NAME: Final = 0x800
_UNICODE_PATH: Final = 0x7075


class Entry(NamedTuple):
    """One member as the directory (or, in a cut archive, its own header) states it; ``offset`` is where its local header stands.

    other_name: a second one in its Unicode path field, which some readers take instead (Python's zipfile since 3.14); empty where
    it says the same, or the first is in no Unicode.
    """

    name: str
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int = 0
    other_name: str = ""


def read_directory(stream: BinaryIO, end: End, limits: Limits) -> tuple[list[Entry], list[Fault]]:
    """The entries in directory order, and what keeps the directory from being read to its end."""
    entries: list[Entry] = []
    allowed = min(end.directory_size, _DIRECTORY_BYTES)
    stream.seek(end.directory)
    data = stream.read(allowed)
    for entry in _entries(data, end.shift):
        if len(entries) == limits.members:
            return entries, [_too_many(limits.members, limits.members + 1)]
        entries.append(entry)
    if allowed < end.directory_size:
        return entries, [_too_many(limits.members, len(entries))]
    return entries, []


def decoded_name(raw: bytes, flags: int) -> str:
    """The name as zipfile reads it; bytes that are no UTF-8 are kept visible instead of refused."""
    return raw.decode("utf-8", "backslashreplace") if flags & UTF8_NAME else raw.decode("cp437")


def wide_fields(extra: bytes) -> list[int]:
    """The 8-byte numbers of the zip64 extra field (APPNOTE.TXT 4.5.3), in their order."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1:
            body = extra[position + 4 : position + 4 + length]
            return list(struct.unpack_from(f"<{len(body) // 8}Q", body))
        position += 4 + length
    return []


def unicode_name(extra: bytes) -> str:
    """The name in the Unicode path extra field (APPNOTE.TXT 4.6.9), or the empty text."""
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == _UNICODE_PATH and length > 5:
            return extra[position + 9 : position + 4 + length].decode("utf-8", "backslashreplace")
        position += 4 + length
    return ""


def _entries(data: bytes, shift: int) -> Iterator[Entry]:
    position = 0
    while position + _ENTRY.size <= len(data) and data.startswith(DIRECTORY_ENTRY, position):
        fields = _ENTRY.unpack_from(data, position)
        flags, method, crc, packed, size = fields[3], fields[4], fields[7], fields[8], fields[9]
        lengths, attributes, offset = fields[10:13], fields[15], fields[16]
        name_start = position + _ENTRY.size
        extra_start = name_start + lengths[0]
        extra = data[extra_start : extra_start + lengths[1]]
        wide = wide_fields(extra)
        size, packed, offset = (wide.pop(0) if wide and value == 0xFFFFFFFF else value for value in (size, packed, offset))
        name = decoded_name(data[name_start:extra_start], flags)
        other = unicode_name(extra) if name.isascii() else ""
        yield Entry(name, flags, method, crc, packed, size, offset + shift, attributes >> 16, other if other != name else "")
        position = extra_start + lengths[1] + lengths[2]


def _too_many(allowed: int, found: int) -> Fault:
    return Fault(FaultKind.LIMIT.value, "file", {"limit": "members", "allowed": allowed, "found": found})
