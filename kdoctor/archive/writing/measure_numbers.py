"""Goes through the numbers of arrays, in a process of its own: ``python -m kdoctor.archive.writing.measure_numbers``.

The job names the HDF5 contents, as for `make_hdf5`, and the arrays to read; the answer has ``found``: for each array, in their order, the
fields of `kdoctor.numbers.Numbers`, or null for one that holds no numbers. How many bytes are done goes to standard error, a line at a time.

Every array passes through one buffer, piece by piece: memory does not grow with the model, and a piece stays in the processor's cache.
"""

from __future__ import annotations

import contextlib
import math
import sys
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from typing import Any

import numpy

from kdoctor.archive.writing.boxes import extents, slabs, whole
from kdoctor.archive.writing.hdf5_child import answer, stored_array
from kdoctor.archive.writing.make_hdf5 import source
from kdoctor.document import Json
from kdoctor.numbers import HALF_MAX, Numbers

SLAB_NUMBERS = 1 << 20
CACHED_NUMBERS = 1 << 17
TOLD_SECONDS = 0.05


def main() -> None:
    """The child process."""
    answer(_run)


def _run(job: dict[str, Json]) -> dict[str, Json]:
    progress = Progress()
    with contextlib.ExitStack() as stack:
        sources = [stack.enter_context(source(*place)) for place in reversed(job["sources"])]
        found = []
        for path in job["paths"]:
            array = next((array for one in sources if (array := stored_array(one, path)) is not None), None)
            numbers = None if array is None else measured(array, progress)
            found.append(None if numbers is None else [_finite(value) for value in astuple(numbers)])
    return {"found": found}


def _finite(value: float | int) -> float | int | None:
    """JSON has no NaN."""
    return value if isinstance(value, int) or math.isfinite(value) else None


class Progress:
    """How many bytes are done, told from time to time."""

    def __init__(self) -> None:
        self.done, self._told = 0, 0.0

    def add(self, count: int) -> None:
        self.done += count
        if time.monotonic() - self._told > TOLD_SECONDS:
            self._told = time.monotonic()
            print(self.done, file=sys.stderr, flush=True)


def measured(array: Any, progress: Progress) -> Numbers | None:
    """What an array holds; None where that is no numbers."""
    brain = is_brain_float(array)
    if array.dtype.kind not in "fiubc" and not brain:
        return None
    tally = _Tally()
    with ThreadPoolExecutor(1) as beside:  # zlib and numpy both let other threads run meanwhile
        for piece in pieces(array):
            flat = piece.reshape(-1)
            checksum = beside.submit(zlib.crc32, flat, tally.checksum)
            for start in range(0, flat.size, CACHED_NUMBERS):
                tally.add(_plain(flat[start : start + CACHED_NUMBERS], brain))
            tally.checksum = checksum.result()
            progress.add(flat.nbytes)
    return tally.numbers()


def is_brain_float(array: Any) -> bool:
    """Whether two bytes are a bfloat16, which HDF5 does not know: Keras says it beside them."""
    said = array.attrs.get("dtype", "") if array.dtype.itemsize == 2 else ""
    return said in ("bfloat16", b"bfloat16")


def pieces(array: Any) -> Any:
    """The numbers in slabs, each in the same memory."""
    if not array.shape or 0 in array.shape:
        yield numpy.ascontiguousarray(array[()])
        return
    buffer = numpy.empty(min(array.size, SLAB_NUMBERS), array.dtype)
    for box in slabs(whole(array.shape), SLAB_NUMBERS):
        lengths = extents(box)
        target = buffer[: math.prod(lengths)].reshape(lengths)
        array.read_direct(target, tuple(slice(*place) for place in box))
        yield target


def _plain(part: Any, brain: bool) -> Any:
    """The same numbers in a type that numpy computes with."""
    if brain:
        return (part.view(numpy.uint16).astype(numpy.uint32) << 16).view(numpy.float32)
    if part.dtype.kind == "c":
        return part.view(part.real.dtype)
    return part.view(numpy.uint8) if part.dtype.kind == "b" else part


class _Tally:
    """Sums over the parts of one array."""

    def __init__(self) -> None:
        self.checksum = self.count = self.nan = self.infinite = self.zeros = self.denormals = self.beyond_half = 0
        self.least, self.most, self.sum = math.inf, -math.inf, 0.0

    def add(self, part: Any) -> None:
        self.count += part.size
        if not part.size:
            return
        least, most = float(part.min()), float(part.max())
        if part.dtype.kind != "f":
            self.zeros += part.size - int(numpy.count_nonzero(part))
        elif math.isfinite(least) and math.isfinite(most):
            self._sizes(part, least, most)
        else:
            part = self._finite(part)
            if not part.size:
                return
            least, most = float(part.min()), float(part.max())
            self._sizes(part, least, most)
        self.least, self.most = min(self.least, least), max(self.most, most)
        wide = None if part.dtype.itemsize == 4 and part.dtype.kind == "f" else numpy.float64  # numpy sums float32 pairwise
        self.sum += float(part.sum(dtype=wide))

    def _finite(self, part: Any) -> Any:
        finite = numpy.isfinite(part)
        nan = int(numpy.count_nonzero(numpy.isnan(part)))
        self.nan += nan
        self.infinite += part.size - int(numpy.count_nonzero(finite)) - nan
        return part[finite]

    def _sizes(self, part: Any, least: float, most: float) -> None:
        """What is rare is counted only where a first look shows that it is there."""
        sizes = numpy.abs(part)
        tiny = int(numpy.count_nonzero(sizes < numpy.finfo(part.dtype).tiny))
        if tiny:
            zeros = part.size - int(numpy.count_nonzero(part))
            self.zeros += zeros
            self.denormals += tiny - zeros
        if max(-least, most) > HALF_MAX:
            self.beyond_half += int(numpy.count_nonzero(sizes > HALF_MAX))

    def numbers(self) -> Numbers:
        told = self.count - self.nan - self.infinite
        mean = self.sum / told if told else math.nan
        counts = (self.count, self.nan, self.infinite, self.zeros, self.denormals, self.beyond_half)
        return Numbers(*counts, self.least, self.most, mean, self.checksum)


if __name__ == "__main__":
    main()
