"""The checksum of HDF5's metadata: Bob Jenkins's lookup3, hashlittle with an initial value of 0 (HDF5, H5checksum.c)."""

from __future__ import annotations

import struct

MASK = 0xFFFFFFFF
START = 0xDEADBEEF
MIXES = ((0, 2, 4), (1, 0, 6), (2, 1, 8), (0, 2, 16), (1, 0, 19), (2, 1, 4))  # subtracted from, rotated, by how much; the third is added to
ENDS = ((2, 1, 14), (0, 2, 11), (1, 0, 25), (2, 1, 16), (0, 2, 4), (1, 0, 14), (2, 1, 24))


def lookup3(data: bytes) -> int:
    """The checksum of some bytes."""
    words = [(START + len(data)) & MASK] * 3
    last = max(0, (len(data) - 1) // 12) * 12
    for at in range(0, last, 12):
        _add(words, data[at : at + 12])
        for one, other, count in MIXES:
            third = 3 - one - other
            words[one] = ((words[one] - words[other]) & MASK) ^ _rotated(words[other], count)
            words[other] = (words[other] + words[third]) & MASK
    if data:
        _add(words, data[last:].ljust(12, b"\0"))
        for one, other, count in ENDS:
            words[one] = ((words[one] ^ words[other]) - _rotated(words[other], count)) & MASK
    return words[2]


def _add(words: list[int], data: bytes) -> None:
    for index, value in enumerate(struct.unpack("<3I", data)):
        words[index] = (words[index] + value) & MASK


def _rotated(word: int, count: int) -> int:
    return ((word << count) | (word >> (32 - count))) & MASK
