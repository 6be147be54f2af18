"""What an untrusted HDF5 file may make its reader do: a stream that counts, and stops."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kdoctor.archive.window import Window

READ_COST = 128  # what one read costs in time, expressed in bytes
LEAST = 2**20
MOST = 512 * 2**20


class Exhausted(Exception):
    """The whole allowance of a file is spent: its trees run in circles, or it is larger than anything that Keras writes."""


class Metered:
    """Seeks and reads in a stream that begins ``start`` bytes into it, within an allowance that grows with the file's size.

    What a structure of N bytes honestly needs is a few times N: more means that it makes the reader go round.
    """

    def __init__(self, stream: Window, start: int, size: int) -> None:
        self._stream = stream
        self._start = start
        self._end = size
        self._position = 0
        self.allowance = min(MOST, 32 * size + LEAST)
        self.spent = 0
        self._bytes = self._reads = sys.maxsize

    @contextmanager
    def within(self, size: int, reads: int) -> Iterator[None]:
        """Inside, at most ``size`` bytes in ``reads`` reads; ValueError beyond."""
        before = self._bytes, self._reads
        self._bytes, self._reads = size, reads
        try:
            yield
        finally:
            self._bytes, self._reads = before

    def spend(self, amount: int) -> None:
        """Count work that is not a read, in bytes; Exhausted when all is spent."""
        self.spent += amount
        if self.spent > self.allowance:
            raise Exhausted(f"{self.spent} of {self.allowance}")

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._end - self._start}[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, size: int = -1) -> bytes:
        at = self._start + self._position
        rest = max(0, self._end - at)
        size = rest if size < 0 else min(size, rest)
        self.spend(size + READ_COST)
        self._bytes -= size
        self._reads -= 1
        if self._bytes < 0 or self._reads < 0:
            raise ValueError("an object header that is too long")
        if not size:
            return b""
        self._stream.seek(at)
        data = self._stream.read(size)
        self._position += len(data)
        return data
