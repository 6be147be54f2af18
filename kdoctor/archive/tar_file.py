"""Looks into a tar archive for the one model that somebody packed: header by header, nothing is taken out by name.

Layout: POSIX.1-1988 (ustar), the records of POSIX.1-2001 (pax) and GNU's long names; https://www.gnu.org/software/tar/manual/html_node/Standard.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple, TypeAlias, cast

from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.window import Window
from kdoctor.archive.zip.names import leads_out
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

BLOCK: Final = 512
LONGEST_NAME: Final = 4096
FILES: Final = (b"0", b"\0", b"7")
LONG_NAME, MORE = b"L", b"x"
LONGEST_RECORDS: Final = 64 * 1024
RECORD: Final = re.compile(rb"(\d{1,6}) ([^=]{1,64})=")
NO_FILES: Final = {b"1": "hard link", b"2": "symlink", b"3": "device", b"4": "device", b"6": "device"}
MODEL_NAME: Final = re.compile(r"\.(?:keras|h5|hdf5|zip|gz)$", re.IGNORECASE)
NAMES_SHOWN: Final = 20
ReadInner: TypeAlias = Callable[[BinaryIO, int, str], Reading]


class TarEntry(NamedTuple):
    """A file in the archive: where its ``size`` bytes begin."""

    name: str
    start: int
    size: int


def read_tar(stream: BinaryIO, size: int, limits: Limits, read_inner: ReadInner) -> Reading:
    """The reading of the one model file in the archive; what the archive is where there is none, or more than one."""
    entries = [*tar_entries(stream, size, limits)]
    models = [entry for entry in entries if MODEL_NAME.search(entry.name) and not entry.name.rpartition("/")[2].startswith("._")]
    if len(models) != 1:
        return other("tar", {"names": [entry.name for entry in entries[:NAMES_SHOWN]]})
    (model,) = models
    held = min(model.size, max(0, size - model.start))
    reading = read_inner(cast(BinaryIO, Window(stream, model.start, held)), held, model.name)
    wrapped = Fault(FaultKind.WRAPPED.value, "file", {"how": "tar", "name": model.name})
    return reading.within(f"tar:{model.name}", wrapped, *_leading_out(stream, size, limits))


def tar_entries(stream: BinaryIO, size: int, limits: Limits) -> Iterator[TarEntry]:
    """The files of an archive, as far as its headers can be read; at most ``limits.members``."""
    return (entry for kind, entry in _members(stream, size, limits) if kind in FILES)


def _leading_out(stream: BinaryIO, size: int, limits: Limits) -> Iterator[Fault]:
    """Members that stand elsewhere where the archive is unpacked, or are no files."""
    found = {entry.name: NO_FILES.get(kind) or leads_out(entry.name) for kind, entry in _members(stream, size, limits)}
    if wrong := {name: why for name, why in found.items() if why}:
        yield Fault(FaultKind.PATH_TRAVERSAL.value, "file", {"names": list(wrong), "why": wrong})


def _members(stream: BinaryIO, size: int, limits: Limits) -> Iterator[tuple[bytes, TarEntry]]:
    """Everything in an archive, with the kind that its header states."""
    position, long_name, more = 0, "", dict[str, str]()
    for _ in range(limits.members):
        stream.seek(position)
        header = stream.read(BLOCK)
        length = _number(header[124:136])
        if len(header) < BLOCK or header[257:262] != b"ustar" or length is None:
            return
        kind, start = header[156:157], position + BLOCK
        if kind == LONG_NAME:
            long_name = _text(stream.read(min(length, LONGEST_NAME)))
        elif kind == MORE:
            more = _records(stream.read(min(length, LONGEST_RECORDS)))
        else:
            length = int(told) if (told := more.get("size", ""))[:20].isdecimal() and len(told) <= 20 else length
            yield kind, TarEntry(more.get("path") or long_name or _name(header), start, length)
            long_name, more = "", {}
        position = start + -(-length // BLOCK) * BLOCK
        if position > size:
            return


def _name(header: bytes) -> str:
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return "/".join(filter(None, (prefix, _text(header[:100]))))


def _records(data: bytes) -> dict[str, str]:
    """``27 path=../../model.keras`` a line, the length of the line first."""
    found, position = dict[str, str](), 0
    while match := RECORD.match(data, position):
        length = int(match[1])
        if length < len(match[0]):
            break
        found[match[2].decode("utf-8", "backslashreplace")] = data[match.end() : position + length - 1].decode("utf-8", "backslashreplace")
        position += length
    return found


def _number(field: bytes) -> int | None:
    """Octal digits, or with the highest bit set a number of 8 bits a byte; None for anything else."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else None


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "backslashreplace")
