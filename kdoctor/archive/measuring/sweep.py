"""One pass over HDF5 content in the order of its bytes: the numbers of arrays that stand in one piece, and the checksum of all.

No library reads the file: where each array stands was read with its header, so nothing on the way can crash or go astray. A thread
reads ahead and computes checksums, while the numbers read before are looked at. Memory does not grow with the model.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import IO, Any, Final

import numpy

from kdoctor.archive.measuring.checksum import combined
from kdoctor.archive.measuring.tally import BRAIN, Tally
from kdoctor.errors import WriteError
from kdoctor.numbers import Numbers

BLOCK: Final = 2 << 20  # bytes that are read at a time
ALIGNED: Final = 64
GAP: Final = 1 << 16  # bytes between two arrays that are read rather than left out
SMALL: Final = 1 << 16  # bytes of an array whose checksum costs less than combining it


@dataclass(frozen=True, slots=True)
class Placed:
    """An array in one piece: the byte at which it begins, numpy's name of its dtype (or bfloat16), how many numbers it has."""

    start: int
    dtype: str
    count: int

    @property
    def item(self) -> int:
        return 2 if self.dtype == BRAIN else numpy.dtype(self.dtype).itemsize

    @property
    def end(self) -> int:
        return self.start + self.count * self.item


@dataclass(frozen=True, slots=True)
class Segment:
    """The bytes of one array (by its ordinal) within a block, from ``start`` to ``end`` of the content."""

    array: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes ``start`` to ``end`` of the content, and the arrays in them."""

    start: int
    end: int
    segments: tuple[Segment, ...]


def disjoint(arrays: Sequence[Placed], size: int) -> tuple[bool, ...]:
    """Which of the arrays lie within ``size`` bytes, and behind those before them: one after the other they can be read."""
    good = [False] * len(arrays)
    end = 0
    for index in sorted(range(len(arrays)), key=lambda index: (arrays[index].start, arrays[index].end)):
        if arrays[index].start >= end and arrays[index].end <= size:
            good[index], end = True, arrays[index].end
    return tuple(good)


def sweep(file: IO[bytes], base: int, size: int, arrays: Sequence[Placed], *, whole: bool, told: Callable[[int], None]) -> Swept:
    """Go through the content: ``size`` bytes from ``base`` on. The arrays must be `disjoint`; ``told`` hears how many of their bytes are done.

    ``whole``: all bytes are read, for the checksum of the content. Raises `WriteError` where the file ends too early.
    """
    tallies = [Tally(array.dtype) for array in arrays]
    ahead = _Ahead(file, base, arrays, whole)
    rooms = [numpy.empty(BLOCK + ALIGNED, "u1") for _ in range(2)]
    done = 0
    with ThreadPoolExecutor(1) as beside:
        waiting: Future[list[tuple[Segment, Any]]] | None = None
        for number, block in enumerate([*blocks(arrays, size, whole=whole), None]):
            coming = None if block is None else beside.submit(ahead.read, block, rooms[number % 2])
            for segment, numbers in [] if waiting is None else waiting.result():
                tallies[segment.array].add(numbers)
                done += segment.end - segment.start
            told(done)
            waiting = coming
    found = tuple(replace(tally.numbers(), checksum=ahead.of_array[index]) for index, tally in enumerate(tallies))
    return Swept(found, ahead.of_all if whole else None)


@dataclass(frozen=True, slots=True)
class Swept:
    """What the arrays hold, in their order, and the CRC-32 of all bytes where they were read."""

    numbers: tuple[Numbers, ...]
    checksum: int | None


def blocks(arrays: Sequence[Placed], size: int, *, whole: bool) -> Iterator[Block]:
    """What is read at a time; no number is cut in two."""
    order = sorted((index for index in range(len(arrays)) if arrays[index].count), key=lambda index: arrays[index].start)
    position, first = 0, 0
    while first < len(order) or (whole and position < size):
        ahead = arrays[order[first]].start if first < len(order) else size
        position = position if whole or ahead - position <= GAP else ahead
        end = min(position + BLOCK, size)
        segments = []
        while first < len(order) and (array := arrays[order[first]]).start < end:
            start = max(position, array.start)
            stop = min(array.end, end - (end - array.start) % array.item)
            end = stop if stop < array.end else end
            if start < stop:
                segments.append(Segment(order[first], start, stop))
            if stop < array.end:
                break
            first += 1
        if not whole:
            end = segments[-1].end if segments else end
        yield Block(position, end, tuple(segments))
        position = end


class _Ahead:
    """Reads blocks, and knows the checksums of all that it has read."""

    def __init__(self, file: IO[bytes], base: int, arrays: Sequence[Placed], whole: bool) -> None:
        self.of_array = [0] * len(arrays)
        self.of_all = 0
        self._file, self._base, self._arrays, self._whole = file, base, arrays, whole

    def read(self, block: Block, room: Any) -> list[tuple[Segment, Any]]:
        """The block's arrays, or their parts, in a buffer that is used again; at the same remainder of 64 as in the file."""
        shift = block.start % ALIGNED
        length = block.end - block.start
        target = memoryview(room)[shift : shift + length]
        self._file.seek(self._base + block.start)
        done = 0
        while done < length and (count := self._file.readinto(target[done:])):  # type: ignore[attr-defined]
            done += count
        if done < length:
            raise WriteError("the file ends before its last number")
        self._add_checksums(block, target)
        return [(segment, self._numbers(segment, room, shift + segment.start - block.start)) for segment in block.segments]

    def _numbers(self, segment: Segment, room: Any, at: int) -> Any:
        array = self._arrays[segment.array]
        kind = numpy.dtype("<u2") if array.dtype == BRAIN else numpy.dtype(array.dtype).newbyteorder("<")
        numbers = numpy.frombuffer(room, kind, (segment.end - segment.start) // array.item, at)
        return numbers if numbers.flags.aligned else numbers.copy()

    def _add_checksums(self, block: Block, data: memoryview) -> None:
        position = block.start
        for segment in block.segments:
            part = data[segment.start - block.start : segment.end - block.start]
            own = self.of_array[segment.array] = zlib.crc32(part, self.of_array[segment.array])
            if self._whole:
                self.of_all = zlib.crc32(data[position - block.start : segment.start - block.start], self.of_all)
                self._join(segment, part, own)
            position = segment.end
        if self._whole:
            self.of_all = zlib.crc32(data[position - block.start :], self.of_all)

    def _join(self, segment: Segment, part: memoryview, own: int) -> None:
        """Of a large array the checksum is known when its last byte is: that much is added at once."""
        array = self._arrays[segment.array]
        if array.end - array.start <= SMALL:
            self.of_all = zlib.crc32(part, self.of_all)
        elif segment.end == array.end:
            self.of_all = combined(self.of_all, own, array.end - array.start)
