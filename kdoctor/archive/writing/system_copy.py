"""Bytes of one file into another by the system itself, with their CRC-32, which is summed up meanwhile by threads of its own."""

from __future__ import annotations

import io
from pathlib import Path
from typing import BinaryIO

from kdoctor.archive.writing.bulk_copy import BULK_BYTES, Place, move, summing
from kdoctor.archive.zip.checksums import combined
from kdoctor.errors import WriteError


def on_disk(stream: BinaryIO, count: int) -> bool:
    """Whether so many bytes of a stream can be copied like that, and are enough to be worth it; a window, or a file without name, is read."""
    return isinstance(stream, io.BufferedReader) and isinstance(stream.name, str | Path) and count >= BULK_BYTES


def copy_by_system(stream: BinaryIO, start: int, count: int, out: Path, place: int) -> None:
    """``count`` bytes of a stream that is `on_disk`, to the byte ``place`` of a file that is there. Raises `WriteError` where they end before."""
    with open(stream.name, "rb", buffering=0) as reader, open(out, "r+b", buffering=0) as writer:
        try:
            move(reader, start, writer, place, count)
        except ValueError:
            raise WriteError(f"{Path(stream.name).name} ends before its last byte: it is cut off") from None


def copy_and_sum(stream: BinaryIO, start: int, count: int, out: Path, place: int) -> int:
    """The same, and the CRC-32 of what was copied."""
    with summing() as sums:
        sums.add(Place(str(stream.name), start, count), 0, 0, count)
        copy_by_system(stream, start, count, out, place)
        pieces = sorted(sums.done())
    value = 0
    for _, size, checksum in pieces:
        value = combined(value, checksum, size)
    return value
