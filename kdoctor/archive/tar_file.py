"""Looks into a tar archive for the one model that somebody packed: header by header, nothing is taken out by name.

Layout: POSIX.1-1988 (ustar) and GNU's long names; https://www.gnu.org/software/tar/manual/html_node/Standard.html.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, NamedTuple, TypeAlias, cast

from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.window import Window
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

BLOCK: Final = 512
LONGEST_NAME: Final = 4096
FILES: Final = (b"0", b"\0", b"7")
LONG_NAME: Final = b"L"
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
    return reading.within(f"tar:{model.name}", Fault(FaultKind.WRAPPED.value, "file", {"how": "tar", "name": model.name}))


def tar_entries(stream: BinaryIO, size: int, limits: Limits) -> Iterator[TarEntry]:
    """The files of an archive, as far as its headers can be read; at most ``limits.members``."""
    position, long_name = 0, ""
    for _ in range(limits.members):
        stream.seek(position)
        header = stream.read(BLOCK)
        length = _number(header[124:136])
        if len(header) < BLOCK or header[257:262] != b"ustar" or length is None:
            return
        kind, start = header[156:157], position + BLOCK
        if kind == LONG_NAME:
            long_name = _text(stream.read(min(length, LONGEST_NAME)))
        elif kind in FILES:
            prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
            yield TarEntry(long_name or "/".join(filter(None, (prefix, _text(header[:100])))), start, length)
        long_name = long_name if kind == LONG_NAME else ""
        position = start + -(-length // BLOCK) * BLOCK
        if position > size:
            return


def _number(field: bytes) -> int | None:
    """Octal digits, or with the highest bit set a number of 8 bits a byte; None for anything else."""
    if field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.strip(b" \0")
    return int(digits, 8) if re.fullmatch(rb"[0-7]+", digits) else None


def _text(field: bytes) -> str:
    return field.split(b"\0")[0].decode("utf-8", "backslashreplace")
