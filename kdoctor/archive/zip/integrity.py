"""Compares the members of a zip with what its directory says about them."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from kdoctor.archive.zip.directory import Entry
from kdoctor.archive.zip.member import STORED, Archive, MemberError, limit_fault
from kdoctor.document import Fault
from kdoctor.faults import FaultKind

_CHECKED_IN_ALL: Final = 8  # times the bound of one member: thousands of small members shall not take minutes


def part_of(role: str) -> str:
    """The part that a member of this role is, for `Fault.part`."""
    return role if role in ("config", "metadata", "weights") else "file"


def integrity_faults(archive: Archive, roles: Sequence[str], cut: Collection[str] = ()) -> Iterator[Fault]:
    """Members that cannot be read, whose checksum is wrong, or whose declared size breaks a limit.

    ``roles`` has one for each entry; ``cut`` names members that are known not to be whole, of which nothing more is said.
    """
    budget = _CHECKED_IN_ALL * archive.limits.checksum_bytes
    total, large = sum(entry.size for entry in archive.entries), False
    overlapping = _overlapping(archive)
    for entry, role in zip(archive.entries, roles, strict=True):
        part = part_of(role)
        if entry.name in cut:
            continue
        if (over := archive.over_limits(entry, part)) is not None:
            large = True
            yield over
            continue
        checked = entry.size <= min(archive.limits.checksum_bytes, budget)
        budget -= entry.size if checked else 0
        try:
            if entry in overlapping:
                raise MemberError("overlaps another member")
            if entry.method == STORED and entry.size != entry.packed:
                raise MemberError(f"stored in {entry.packed} bytes, declared as {entry.size}")
            found = checksum(archive, entry) if checked else _header_only(archive, entry)
        except MemberError as error:
            yield Fault(FaultKind.UNREADABLE_MEMBER.value, part, {"name": entry.name, "why": str(error)})
            continue
        if found != entry.crc:
            yield Fault(FaultKind.CRC_MISMATCH.value, part, {"name": entry.name, "expected": entry.crc, "found": found})
    if not large and total > archive.limits.memory_bytes and total > archive.limits.total_ratio * archive.size:
        yield limit_fault("file", "total_ratio", archive.limits.total_ratio, total // max(1, archive.size))


def checksum(archive: Archive, entry: Entry) -> int:
    """CRC-32 of the whole member. Raises `MemberError`."""
    value = 0
    for chunk in archive.chunks(entry):
        value = zlib.crc32(chunk, value)
    return value


def _header_only(archive: Archive, entry: Entry) -> int:
    archive.start_of(entry)
    return entry.crc


def _overlapping(archive: Archive) -> set[Entry]:
    """Members that claim bytes of the one before them: how small files declare terabytes."""
    claimed: set[Entry] = set()
    end = 0
    for entry in sorted(archive.entries, key=lambda entry: entry.offset):
        if entry.offset < end:
            claimed.add(entry)
        end = max(end, entry.offset + entry.packed)
    return claimed
