"""Finds the members of a zip whose directory is lost, by walking from one local header to the next."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final, NamedTuple

from kdoctor.archive.zip.directory import SIZES_FOLLOW, Entry, decoded_name, wide_fields
from kdoctor.archive.zip.integrity import checksum
from kdoctor.archive.zip.member import DEFLATED, LOCAL_HEADER, STORED, Archive, MemberError
from kdoctor.archive.zip.names import CONFIG, METADATA, WEIGHTS, folder_of, plain
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

_DESCRIPTOR: Final = b"PK\x07\x08"
_NEXT: Final = (b"PK\x03\x04", b"PK\x01\x02")  # what may stand behind a member: another one, or the directory
_LONGEST: Final = 24  # bytes of a descriptor with its signature
_STEP = 64 * 1024


class Recovered(NamedTuple):
    """Members in file order; ``end`` is where the last of them ends. Those of ``cut`` are not all there."""

    entries: tuple[Entry, ...]
    cut: tuple[str, ...]
    end: int


def recover(stream: BinaryIO, size: int, limits: Limits) -> Recovered:
    """What can be found without a directory; at most ``limits.members`` members."""
    entries: list[Entry] = []
    cut: list[str] = []
    position = 0
    while len(entries) < limits.members and (header := _header_at(stream, size, position)) is not None:
        entry, start = header
        if entry.flags & SIZES_FOLLOW and not entry.packed:
            measured = _measured(stream, size, entry, start)
            entry, position = measured or (entry, size + 1)
        else:
            position = start + entry.packed
        if position > size:
            cut.append(entry.name)
            entry = entry._replace(packed=size - start, size=entry.size or size - start)
        entries.append(entry)
    return Recovered(tuple(entries), tuple(cut), min(position, size))


def truncation(archive: Archive, cut: Sequence[str] = (), expected: int | None = None, *, ended: bool = False) -> Fault:
    """The fault of a zip that is not all there: whether every part that Keras needs is whole by its checksum, and what is lost.

    ``cut`` names members that are known not to be whole; ``expected`` is the size that the archive once had, where it tells; ``ended``: the
    archive has its end, so that what is missing stood before it. The fault then says ``within``: nobody knows from where on the bytes of a
    member that is not whole are others. So it does of a member that has all its bytes, and another checksum.
    """
    lost = [*cut, *(entry.name for entry in archive.entries if entry.name not in cut and not _whole(archive, entry))]
    folder = folder_of(entry.name for entry in archive.entries) or ""
    names = {plain(entry.name) for entry in archive.entries}
    lost += [name for name in (METADATA, CONFIG, WEIGHTS) if folder + name not in names]
    within = bool(lost) and (ended or any(entry.name in lost and entry.name not in cut for entry in archive.entries))
    detail = {"content": "zip", "present": archive.size, "expected": expected, "complete": not lost, "lost": lost}
    detail |= {"within": True} if within else {}
    return Fault(FaultKind.TRUNCATED.value, "file", detail)


def _whole(archive: Archive, entry: Entry) -> bool:
    if archive.over_limits(entry, "file") is not None:
        return False
    try:
        return checksum(archive, entry) == entry.crc
    except MemberError:
        return False


def _header_at(stream: BinaryIO, size: int, position: int) -> tuple[Entry, int] | None:
    """The member whose local header stands at ``position``, and where its bytes begin."""
    stream.seek(position)
    data = stream.read(LOCAL_HEADER.size)
    if len(data) < LOCAL_HEADER.size or not data.startswith(b"PK\x03\x04"):
        return None
    _, _, flags, method, _, _, crc, packed, plain_size, name_length, extra_length = LOCAL_HEADER.unpack(data)
    name = stream.read(name_length)
    wide = wide_fields(stream.read(extra_length))
    plain_size, packed = (wide.pop(0) if wide and value == 0xFFFFFFFF else value for value in (plain_size, packed))
    start = position + LOCAL_HEADER.size + name_length + extra_length
    return Entry(decoded_name(name, flags), flags, method, crc, packed, plain_size, position), min(start, size)


def _measured(stream: BinaryIO, size: int, entry: Entry, start: int) -> tuple[Entry, int] | None:
    """The entry with the sizes and checksum that follow its bytes, and where the next member begins; None when they are cut off."""
    ends = _end_of_deflated(stream, start) if entry.method == DEFLATED else _ends_of_stored(stream, size, start)
    for packed in ends:
        stream.seek(start + packed)
        data = stream.read(_LONGEST + len(_NEXT[0]))
        signature = 4 if data.startswith(_DESCRIPTOR) else 0
        told = [found for width in (4, 8) if (found := _sizes(data[signature:], width, packed)) is not None]
        # four bytes of a number of eight say the same: what stands behind tells how many there are
        told.sort(key=lambda found: not data.startswith(_NEXT, signature + found.length) and len(data) > signature + found.length)
        if told and (entry.method != STORED or told[0].size == packed):
            found = told[0]
            sized = entry._replace(crc=found.crc, packed=packed, size=found.size, flags=entry.flags & ~SIZES_FOLLOW)
            return sized, start + packed + signature + found.length
    return None


class _Sizes(NamedTuple):
    crc: int
    size: int
    length: int


def _sizes(data: bytes, width: int, packed: int) -> _Sizes | None:
    """Checksum and size from a descriptor whose numbers have this many bytes; None where it is not of so many packed bytes."""
    length = 4 + 2 * width
    if len(data) < length or int.from_bytes(data[4 : 4 + width], "little") != packed:
        return None
    return _Sizes(int.from_bytes(data[:4], "little"), int.from_bytes(data[4 + width : length], "little"), length)


def _end_of_deflated(stream: BinaryIO, start: int) -> Iterator[int]:
    """How many bytes a deflate stream takes, found by inflating it to nowhere."""
    machine = zlib.decompressobj(-zlib.MAX_WBITS)
    position = start
    try:
        while not machine.eof:
            stream.seek(position)
            data = stream.read(_STEP)
            if not data:
                return
            position += len(data)
            while data and not machine.eof:
                machine.decompress(data, _STEP)
                data = machine.unconsumed_tail
    except zlib.error:
        return
    yield position - start - len(machine.unused_data)


def _ends_of_stored(stream: BinaryIO, size: int, start: int) -> Iterator[int]:
    """Every place where the sizes of a stored member may follow it; the caller sees whether they fit."""
    position = start
    while position < size:
        stream.seek(position)
        data = stream.read(_STEP + len(_DESCRIPTOR) - 1)
        place = data.find(_DESCRIPTOR)
        while place >= 0:
            yield position + place - start
            place = data.find(_DESCRIPTOR, place + 1)
        position += _STEP
