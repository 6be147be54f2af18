"""A window shows a slice of a file as a file of its own."""

from __future__ import annotations

import io
import os
import random
from typing import BinaryIO, cast

import pytest

from kdoctor.archive.positioned import Positioned
from kdoctor.archive.window import BLOCK, LARGER_BLOCK, SMALL_FILE, Window

CONTENT = random.Random(1).randbytes(20 * LARGER_BLOCK)


class Counting(io.BytesIO):
    """A file that counts what is read from it."""

    reads = 0
    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.reads += 1
        self.bytes_read += len(data)
        return data


class Sparing(io.BytesIO):
    """A file that gives at most 100 bytes at once, as an unbuffered one may."""

    def read(self, size: int | None = -1) -> bytes:
        return super().read(min(100, len(CONTENT) if size is None or size < 0 else size))


class Elsewhere(Positioned):
    """A stream of our own on another machine's file."""

    def __init__(self, file: Counting) -> None:
        super().__init__(len(CONTENT))
        self._file = file

    def _at(self, place: int, size: int) -> bytes:
        self._file.seek(place)
        return self._file.read(size)


def test_reads_anywhere_give_what_the_slice_holds() -> None:
    start, size = 777, 12 * BLOCK + 5
    window, plain = Window(io.BytesIO(CONTENT), start, size), io.BytesIO(CONTENT[start : start + size])
    dice = random.Random(2)
    for _ in range(2000):
        at, length = dice.randrange(size + 50), dice.choice((0, 1, 8, 40, 900, 5000))
        assert window.seek(at) == plain.seek(at)
        assert window.read(length) == plain.read(length)
        assert window.tell() == plain.tell()


def test_the_end_of_the_slice_is_the_end_of_the_file() -> None:
    window = Window(io.BytesIO(CONTENT), 10, 100)
    assert window.read() == CONTENT[10:110]
    assert window.read(5) == b""
    assert window.seek(-4, os.SEEK_END) == 96
    assert window.seek(1, os.SEEK_CUR) == 97
    assert window.read(50) == CONTENT[107:110]
    assert window.seek(2**63) == 2**63
    assert window.read(1) == b""


def test_a_slice_that_promises_more_than_the_file_has_ends_with_the_file() -> None:
    window = Window(io.BytesIO(CONTENT[:100]), 90, 2**40)
    assert window.read(50) == CONTENT[90:100]
    assert window.read() == b""


def test_a_place_before_the_slice_is_refused() -> None:
    with pytest.raises(ValueError, match="before the start"):
        Window(io.BytesIO(CONTENT), 10, 100).seek(-1)


@pytest.mark.parametrize(("size", "block"), [(len(CONTENT), LARGER_BLOCK), (SMALL_FILE, BLOCK)])
def test_many_small_reads_nearby_cost_one_read_of_the_file(size: int, block: int) -> None:
    """A large file is read in smaller blocks: what is read beside what is asked for are weights."""
    file = Counting(CONTENT)
    window = Window(file, 0, size)
    for at in range(0, block - 8, 8):
        window.seek(at)
        window.read(8)
    assert file.reads == 1
    assert file.bytes_read == block


def test_a_small_file_is_read_whole_once_an_eighth_of_it_was_asked_for() -> None:
    file = Counting(CONTENT)
    window = Window(file, 0, len(CONTENT))
    places = range(len(CONTENT) - 40, 0, -LARGER_BLOCK)  # backwards: nothing is read ahead
    assert [window.take(at, 40) for at in places] == [CONTENT[at : at + 40] for at in places]
    assert file.reads == len(CONTENT) // 8 // LARGER_BLOCK + 2
    assert file.bytes_read < 1.3 * len(CONTENT)


def test_a_large_file_and_one_elsewhere_are_never_read_whole() -> None:
    for file, size in ((Counting(CONTENT), SMALL_FILE), (Counting(CONTENT), len(CONTENT))):
        remote = Window(cast("BinaryIO", Elsewhere(file)), 0, size) if size < SMALL_FILE else Window(file, 0, size)
        for at in range(len(CONTENT) - 40, 0, -LARGER_BLOCK):
            assert remote.take(at, 40) == CONTENT[at : at + 40]
        assert file.bytes_read <= len(CONTENT)


def test_bytes_across_blocks_are_read_once() -> None:
    file = Counting(CONTENT)
    window = Window(file, 3, len(CONTENT))
    assert [window.take(at, 40) for at in range(LARGER_BLOCK - 60, LARGER_BLOCK, 10)] == [
        CONTENT[at + 3 : at + 43] for at in range(LARGER_BLOCK - 60, LARGER_BLOCK, 10)
    ]
    assert file.bytes_read <= 3 * LARGER_BLOCK


def test_a_window_on_a_window_shows_its_part_of_the_file() -> None:
    outer = Window(io.BytesIO(CONTENT), 100, 5000)
    inner = Window(cast("BinaryIO", outer), 1000, 9000)
    assert inner.size == 4000
    assert inner.take(0, 9000) == CONTENT[1100:5100]
    assert inner.take(3990, 20) == CONTENT[5090:5100]
    assert outer.tell() == 0


def test_a_buffer_is_filled() -> None:
    buffer = bytearray(7)
    assert Window(io.BytesIO(CONTENT), 3, 5).readinto(buffer) == 5
    assert bytes(buffer) == CONTENT[3:8] + b"\0\0"


def test_a_file_that_gives_less_than_asked_for_is_asked_again() -> None:
    assert Window(Sparing(CONTENT), 0, len(CONTENT)).read() == CONTENT


def test_closing_a_window_leaves_the_file_open() -> None:
    file = io.BytesIO(CONTENT)
    with Window(file, 0, 10) as window:
        assert window.seekable()
        assert window.readable()
    assert window.closed
    assert not file.closed
