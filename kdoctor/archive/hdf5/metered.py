"""What an untrusted HDF5 file may make its reader do: a window that counts, and stops."""

from __future__ import annotations

import sys
from typing import BinaryIO

from kdoctor.archive.window import Window

READ_COST = 128  # what one read costs in time, expressed in bytes
FACTOR = 8  # files of Keras need 2 at most
LEAST = 2**20
MOST = 384 * 2**20


class Exhausted(Exception):
    """The whole allowance of a file is spent: its trees run in circles, or it is larger than anything that Keras writes."""


class Metered(Window):
    """A window whose reader may do only so much: the allowance, in bytes, grows with the size of the file.

    What a structure of N bytes honestly needs is a few times N: more means that it makes the reader go round.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__(file, start, size)
        self.allowance = min(MOST, FACTOR * size + LEAST)
        self.spent = 0
        self.short = 0  # reads that went over the end of the file
        self._bytes = self._reads = sys.maxsize

    def limit(self, size: int = sys.maxsize, reads: int = sys.maxsize) -> None:
        """From now on at most ``size`` bytes in ``reads`` reads, ValueError beyond; by default as many as the allowance has."""
        self._bytes, self._reads = size, reads

    def spend(self, amount: int) -> None:
        """Count work that is not a read, in bytes; Exhausted when all is spent."""
        self.spent += amount
        if self.spent > self.allowance:
            raise Exhausted

    def take(self, place: int, size: int) -> bytes:
        if place + size > self._size:
            size = max(0, self._size - place)
            self.short += 1
        self.spent += size + READ_COST
        if self.spent > self.allowance:
            raise Exhausted
        self._bytes -= size
        self._reads -= 1
        if self._bytes < 0 or self._reads < 0:
            raise ValueError("an object header that is too long")
        # as in every window: a call more for each of thousands of reads costs as much as the read
        if self.whole is not None:
            return self.whole[place : place + size]
        index, offset = divmod(place, self._block_bytes)
        block = self._blocks.get(index)
        if block is not None and offset + size <= len(block):
            return block[offset : offset + size]
        return self._at(place, size)

    def read(self, size: int | None = -1) -> bytes:
        rest = max(0, self._size - self._position)
        data = self.take(self._position, rest if size is None or size < 0 else size)
        self._position += len(data)
        return data
