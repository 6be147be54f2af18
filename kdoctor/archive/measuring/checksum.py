"""The CRC-32 of joined pieces from those of the pieces: so that one pass over the bytes gives that of each array and that of the whole.

The arithmetic is zlib's (crc32.c, ``crc32_combine``): polynomials over two elements, modulo the one of CRC-32, their bits reversed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

POLYNOMIAL: Final = 0xEDB88320
ONE: Final = 1 << 31
EIGHT_ZERO_BITS: Final = 1 << 23  # x to the power of 8


def combined(first: int, second: int, length: int) -> int:
    """The CRC-32 of two pieces one behind the other; ``length``: of the second, in bytes."""
    return _product(_shift(length), first) ^ second


def _shift(length: int) -> int:
    """What a checksum is multiplied by when so many zero bytes follow."""
    found, power = ONE, 0
    while length:
        if length & 1:
            found = _product(_doubled(power), found)
        length, power = length >> 1, power + 1
    return found


@lru_cache(maxsize=64)
def _doubled(power: int) -> int:
    """The shift by two to this power of bytes."""
    if power == 0:
        return EIGHT_ZERO_BITS
    half = _doubled(power - 1)
    return _product(half, half)


def _product(one: int, other: int) -> int:
    found = 0
    while one:
        if one & ONE:
            found ^= other
        one = (one << 1) & 0xFFFFFFFF
        other = other >> 1 ^ POLYNOMIAL if other & 1 else other >> 1
    return found
