from __future__ import annotations

import io
import random
import zlib

import pytest

from kdoctor.archive.zip.checksums import Summed, checksum_of, combined
from kdoctor.errors import WriteError

CONTENT = random.Random(1).randbytes(70_000)


@pytest.mark.parametrize("cut", [0, 1, 2, 255, 4096, 69_999, 70_000])
def test_the_sums_of_two_parts_make_that_of_the_whole(cut: int) -> None:
    first, second = CONTENT[:cut], CONTENT[cut:]
    assert combined(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(CONTENT)


def test_what_is_known_is_not_read_again() -> None:
    known = [Summed(start, count, zlib.crc32(CONTENT[start : start + count])) for start, count in ((40_000, 30_000), (100, 20_000))]
    holey = CONTENT[:100] + bytes(20_000) + CONTENT[20_100:40_000] + bytes(30_000)
    assert checksum_of(io.BytesIO(holey), 0, len(holey), known) == zlib.crc32(CONTENT)


def test_a_checksum_begins_where_it_is_asked_to() -> None:
    known = [Summed(10_000, 5, zlib.crc32(CONTENT[10_000:10_005]))]
    assert checksum_of(io.BytesIO(CONTENT), 7, 60_000, known) == zlib.crc32(CONTENT[7:60_000])


@pytest.mark.parametrize("known", [[Summed(0, 10, 1), Summed(9, 10, 1)], [Summed(69_999, 2, 1)], [Summed(-1, 2, 1)]])
def test_sums_that_do_not_fit_the_content_are_refused(known: list[Summed]) -> None:
    with pytest.raises(WriteError, match="do not fit together"):
        checksum_of(io.BytesIO(CONTENT), 0, len(CONTENT), known)


def test_content_that_is_shorter_than_it_should_be_is_refused() -> None:
    with pytest.raises(WriteError, match="before its last byte"):
        checksum_of(io.BytesIO(CONTENT), 0, len(CONTENT) + 1)
