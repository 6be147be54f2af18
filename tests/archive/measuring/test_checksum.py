"""The checksum of two pieces from theirs."""

from __future__ import annotations

import random
import zlib

import pytest

from kdoctor.archive.measuring.checksum import combined


@pytest.mark.parametrize("lengths", [(0, 0), (0, 7), (7, 0), (1, 1), (1000, 65_537), (3, 2**20 + 1)])
def test_it_is_that_of_the_pieces_joined(lengths: tuple[int, int]) -> None:
    dice = random.Random(0)
    one, other = (dice.randbytes(length) for length in lengths)
    assert combined(zlib.crc32(one), zlib.crc32(other), len(other)) == zlib.crc32(one + other)
