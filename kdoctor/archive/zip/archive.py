"""Opens a zip by its directory, or by the headers of its members where that is lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from kdoctor.archive.sniffing.text import printable
from kdoctor.archive.sniffing.text_mode import damaged_zip
from kdoctor.archive.zip.directory import read_directory
from kdoctor.archive.zip.end import End, find_end, find_end_from, starts_with_member
from kdoctor.archive.zip.member import Archive, MemberError
from kdoctor.archive.zip.recovery import recover, truncation
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits


@dataclass(frozen=True, slots=True)
class OpenedZip:
    """``faults`` are those of the archive around its members; ``cut`` names the members that are not whole."""

    archive: Archive
    faults: tuple[Fault, ...]
    cut: tuple[str, ...] = ()


def open_zip(stream: BinaryIO, size: int, limits: Limits) -> OpenedZip | None:
    """The archive, or None when its bytes were transferred as text, so that nothing in it stands where it should."""
    end = find_end(stream, size)
    displaced = end is None or end.shift < 0 or (end.shift > 0 and starts_with_member(stream))
    if displaced and damaged_zip(stream, size, end.shift if end else None):
        return None
    misled = False
    if end is not None and end.shift >= 0:
        opened = _by_directory(stream, size, end, limits)
        misled = end.shift > 0 and starts_with_member(stream) and bool(opened.archive.entries) and not any(_stand(opened.archive))
        if not misled:
            return opened
        end = None
    recovered = recover(stream, size, limits)
    if misled:
        archive = Archive(stream, size, recovered.entries, limits)
        fault = truncation(archive, recovered.cut, ended=True)
        return OpenedZip(archive, (replace(fault, detail={**fault.detail, "misled": True}),), tuple(fault.detail["lost"]))
    if end is None and (end := find_end_from(stream, size, recovered.end)) is not None:
        return _by_directory(stream, size, end, limits)
    entries = {entry.name: entry for entry in recovered.entries}
    if end is not None:  # bytes are missing from the middle: what stands after the gap is found through the directory
        listed = Archive(stream, size, tuple(read_directory(stream, end, limits)[0]), limits)
        standing = dict(zip(listed.entries, _stand(listed), strict=True))  # what the directory leads to is what Keras reads
        entries = {entry.name: entry if standing[entry] else entries.get(entry.name, entry) for entry in listed.entries}
    archive = Archive(stream, size, tuple(entries.values()), limits)
    fault = truncation(archive, recovered.cut, size - end.shift if end else None, ended=end is not None)
    return OpenedZip(archive, (fault,), tuple(fault.detail["lost"]))


def _stand(archive: Archive) -> Iterator[bool]:
    """For each member whether it stands where the directory says."""
    for entry in archive.entries:
        try:
            archive.start_of(entry)
        except MemberError:
            yield False
        else:
            yield True


def _by_directory(stream: BinaryIO, size: int, end: End, limits: Limits) -> OpenedZip:
    entries, faults = read_directory(stream, end, limits)
    leading = min((entry.offset for entry in entries), default=end.shift)
    if leading > 0:
        stream.seek(0)
        head = printable(stream.read(min(leading, 256)))
        faults.append(Fault(FaultKind.LEADING_BYTES.value, "file", {"count": leading, "head": head}))
    if end.trailing or not end.found:
        faults.append(Fault(FaultKind.TRAILING_BYTES.value, "file", {"count": end.trailing, **({} if end.found else {"hide": True})}))
    if end.other >= 0:
        faults.append(Fault(FaultKind.TWO_DIRECTORIES.value, "file", {"place": end.other}))
    return OpenedZip(Archive(stream, size, tuple(entries), limits), tuple(faults))
