"""The headers of zip members, read and written as they stand, because Python's zipfile can copy no member without inflating it.

Layouts: APPNOTE.TXT 4.3.7 (local header), 4.3.12 (directory), 4.3.14-4.3.16 (end), 4.5.3 (zip64).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import BinaryIO, Final

from kdoctor.archive.zip.directory import SIZES_FOLLOW, UTF8_NAME
from kdoctor.archive.zip.end import DIRECTORY_ENTRY, END, find_end
from kdoctor.archive.zip.member import STORED

LOCAL: Final = struct.Struct("<4s5H3L2H")
CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
LOCAL_SIGNATURE: Final = b"PK\x03\x04"
NO_DATE: Final = (1 << 5) | 1  # 1980-01-01, what Keras writes
FULL: Final = 0xFFFFFFFF
WIDE_VERSION: Final = 45
UNIX: Final = 3 << 8


@dataclass(frozen=True, slots=True)
class Marks:
    """What only the directory says about a member."""

    made_by: int = UNIX | 20
    internal: int = 0
    external: int = 0o600 << 16
    extra: bytes = b""
    comment: bytes = b""


@dataclass(frozen=True, slots=True)
class Record:
    """One member's headers. ``extra`` is the local one, without the zip64 field: that is made anew.

    roomy: the local header has a zip64 field whatever the sizes are, as one needs that is written before they are known.
    """

    name: bytes
    flags: int = 0
    method: int = STORED
    time: int = 0
    date: int = NO_DATE
    crc: int = 0
    packed: int = 0
    size: int = 0
    version: int = 20
    extra: bytes = b""
    marks: Marks = Marks()
    roomy: bool = False

    @property
    def wide(self) -> bool:
        return self.roomy or self.size >= FULL or self.packed >= FULL

    def named(self, name: str) -> Record:
        """The same headers under another name."""
        plain = name.isascii()
        flags = self.flags & ~UTF8_NAME if plain else self.flags | UTF8_NAME
        return replace(self, name=name.encode("ascii" if plain else "utf-8", "surrogateescape"), flags=flags)

    def local(self) -> bytes:
        """The local header; sizes stand in it, never behind the data."""
        sizes = (FULL, FULL) if self.wide else (self.packed, self.size)
        extra = (_wide_extra(self.size, self.packed) if self.wide else b"") + self.extra
        version = max(self.version, WIDE_VERSION) if self.wide else self.version
        fields = (version, self.flags, self.method, self.time, self.date, self.crc, *sizes, len(self.name), len(extra))
        return LOCAL.pack(LOCAL_SIGNATURE, *fields) + self.name + extra

    def central(self, offset: int) -> bytes:
        """The entry of the directory for a local header at ``offset``."""
        large = [value for value in (self.size, self.packed, offset) if value >= FULL]
        size, packed, place = (min(value, FULL) for value in (self.size, self.packed, offset))
        extra = (_wide_extra(*large) if large else b"") + self.marks.extra
        version = max(self.version, WIDE_VERSION) if large else self.version
        return b"".join(
            (
                CENTRAL.pack(
                    *(DIRECTORY_ENTRY, self.marks.made_by, version, self.flags, self.method, self.time, self.date, self.crc, packed, size),
                    *(len(self.name), len(extra), len(self.marks.comment), 0, self.marks.internal, self.marks.external, place),
                ),
                self.name,
                extra,
                self.marks.comment,
            )
        )


def read_record(stream: BinaryIO, offset: int) -> tuple[Record, int] | None:
    """The local header at ``offset`` and where its data begins; None where no local header stands."""
    stream.seek(offset)
    data = stream.read(LOCAL.size)
    if len(data) < LOCAL.size or not data.startswith(LOCAL_SIGNATURE):
        return None
    _, version, flags, method, time, date, crc, packed, size, name_length, extra_length = LOCAL.unpack(data)
    name, extra = stream.read(name_length), stream.read(extra_length)
    record = Record(name, flags & ~SIZES_FOLLOW, method, time, date, crc, packed, size, version, _without_wide(extra))
    return record, offset + LOCAL.size + name_length + extra_length


def read_marks(stream: BinaryIO, size: int) -> dict[int, Marks]:
    """Offset of the local header -> what the directory alone says; empty where there is no directory."""
    end = find_end(stream, size)
    if end is None:
        return {}
    stream.seek(end.directory)
    data = stream.read(min(end.directory_size, 1 << 24))
    found: dict[int, Marks] = {}
    position = 0
    while position + CENTRAL.size <= len(data) and data.startswith(DIRECTORY_ENTRY, position):
        fields = CENTRAL.unpack_from(data, position)
        start = position + CENTRAL.size + fields[10]
        extra, comment = data[start : start + fields[11]], data[start + fields[11] : start + fields[11] + fields[12]]
        offset = fields[16] if fields[16] != FULL else _wide_offset(fields, extra)
        found[offset + end.shift] = Marks(fields[1], fields[14], fields[15], _without_wide(extra), comment)
        position = start + fields[11] + fields[12]
    return found


def end_records(count: int, directory: int, size: int) -> bytes:
    """What closes an archive of ``count`` members whose directory of ``size`` bytes stands at ``directory``."""
    short = END + struct.pack("<4H2LH", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), min(size, FULL), min(directory, FULL), 0)
    if count < 0xFFFF and size < FULL and directory < FULL:
        return short
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, UNIX | WIDE_VERSION, WIDE_VERSION, 0, 0, count, count, size, directory)
    return wide + struct.pack("<4sLQL", b"PK\x06\x07", 0, directory + size, 1) + short


def _wide_extra(*values: int) -> bytes:
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


def _without_wide(extra: bytes) -> bytes:
    """The extra fields but zip64; from a field that does not fit on, nothing is kept."""
    kept, position = b"", 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        field = extra[position : position + 4 + length]
        if len(field) < 4 + length:
            break
        kept += b"" if kind == 1 else field
        position += 4 + length
    return kept


def _wide_offset(fields: tuple[int, ...], extra: bytes) -> int:
    """The zip64 field holds, in this order, those of size, packed size and offset that did not fit."""
    position = 0
    before = sum(1 for value in (fields[9], fields[8]) if value == FULL)
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, position)
        if kind == 1 and length >= 8 * (before + 1):
            return int(struct.unpack_from("<Q", extra, position + 4 + 8 * before)[0])
        position += 4 + length
    return FULL
