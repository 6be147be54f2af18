"""A read-only view of a slice of an open binary file, made for readers that jump about in it.

A reader of HDF5 does thousands of reads of a few bytes, scattered over gigabytes of weights. The view keeps a few small blocks, so that such
reads cost little, and reads nothing that is not asked for: small blocks keep what is read far below a hundredth of a large file.
"""

from __future__ import annotations

import sys
from typing import BinaryIO

from kdoctor.archive.positioned import Positioned

# Bytes of a block; libhdf5 keeps the metadata of neighbours together. Measured on 420 MB with 400 datasets: 0.94 MB in 746 reads, with larger
# blocks 2.0 MB. A small file that has thousands of objects is dense with them, and larger blocks take an eighth off the time.
BLOCK, LARGER_BLOCK = 1024, 4096
SMALL_FILE = 64 * 2**20
BLOCKS = 512  # two megabytes at most: fewer blocks are read again in a file of ten thousand small groups
DENSE = 8  # a small file on this machine is read whole once one part in so many was asked for: the rest will be, too
AHEAD = 16  # blocks read at once at most: twice as many each time that the one before is known, as in a file of many small arrays


class Window(Positioned):
    """Bytes ``start`` to ``start + size`` of a file as a seekable file of its own. Closing it leaves the outer file open.

    A window on a window looks at the file behind both.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__(min(size, file.size - start) if isinstance(file, Window) else size)
        self._file: BinaryIO = file._file if isinstance(file, Window) else file
        self._start: int = file._start + start if isinstance(file, Window) else start
        self._block_bytes = LARGER_BLOCK if self._size < SMALL_FILE else BLOCK
        self._blocks: dict[int, bytes] = {}  # the oldest first
        self._ahead = 1
        self.whole: bytes | None = None  # of a small file that turned out to be dense
        self._patience = self._size // DENSE if self._size < SMALL_FILE and not isinstance(self._file, Positioned) else sys.maxsize

    def take(self, place: int, size: int) -> bytes:
        """The ``size`` bytes from a place on, fewer only at the end, wherever the stream's position is."""
        return self._at(place, max(0, min(size, self._size - place)))

    def _at(self, place: int, size: int) -> bytes:
        if self.whole is not None:
            return self.whole[place : place + size]
        index, offset = divmod(place, self._block_bytes)
        if offset + size <= self._block_bytes:
            return self._block(index)[offset : offset + size] if size else b""
        start = self._blocks.get(index, b"")[offset:]
        rest = size - len(start)
        after = self._blocks.get(index + 1) if start and rest <= self._block_bytes else None
        return start + (self._direct(place + len(start), rest) if after is None else after[:rest])

    def _block(self, index: int) -> bytes:
        if index not in self._blocks:
            length = self._block_bytes
            at = index * length
            self._ahead = min(2 * self._ahead, AHEAD) if index - 1 in self._blocks else 1
            data = self._direct(at, min(self._ahead * length, self._size - at))
            self._patience -= len(data)
            if self._patience < 0 and self.whole is None:
                self.whole = self._direct(0, self._size)
            for start in range(0, max(1, len(data)), length):
                self._blocks[index + start // length] = data[start : start + length]
            while len(self._blocks) > BLOCKS:
                del self._blocks[next(iter(self._blocks))]
        return self._blocks[index]

    def _direct(self, at: int, size: int) -> bytes:
        self._file.seek(self._start + at)
        data = self._file.read(size)
        while len(data) < size:
            more = self._file.read(size - len(data))  # an unbuffered file may give less than asked for
            if not more:
                break
            data += more
        return data
