"""The CRC-32 of content of which parts were summed up before: two sums make one, as in zlib's ``crc32_combine``, which Python lacks."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import BinaryIO, Final

from kdoctor.errors import WriteError

POLYNOMIAL: Final = 0xEDB88320  # of CRC-32, the bits mirrored: the highest bit stands for 1
ONE: Final = 1 << 31
CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True, order=True)
class Summed:
    """So many bytes from ``start`` on, and their CRC-32."""

    start: int
    count: int
    checksum: int


def checksum_of(stream: BinaryIO, start: int, end: int, known: Iterable[Summed] = ()) -> int:
    """CRC-32 of the bytes from ``start`` to ``end``; what is known of them is not read again. Raises `WriteError` for sums that overlap."""
    value, position = 0, start
    for part in sorted(known):
        if part.start < position or part.start + part.count > end:
            raise WriteError("the checksums of what was written do not fit together")
        value = combined(_read(stream, position, part.start, value), part.checksum, part.count)
        position = part.start + part.count
    return _read(stream, position, end, value)


def combined(first: int, second: int, count: int) -> int:
    """CRC-32 of two contents in a row, by the sums of both and how many bytes the second has."""
    return _times(_power(8 * count), first) ^ second


def _read(stream: BinaryIO, start: int, end: int, value: int) -> int:
    stream.seek(start)
    while start < end and (chunk := stream.read(min(CHUNK, end - start))):
        value, start = zlib.crc32(chunk, value), start + len(chunk)
    if start < end:
        raise WriteError("what was written ends before its last byte")
    return value


def _times(one: int, other: int) -> int:
    """The product of two polynomials over the integers modulo 2, modulo that of CRC-32."""
    found = 0
    while one:
        if one & ONE:
            found ^= other
        one = (one << 1) & 0xFFFFFFFF
        other = (other >> 1) ^ POLYNOMIAL if other & 1 else other >> 1
    return found


def _power(exponent: int) -> int:
    """x to a power, by squares."""
    found, square = ONE, ONE >> 1
    while exponent:
        if exponent & 1:
            found = _times(square, found)
        square, exponent = _times(square, square), exponent >> 1
    return found
