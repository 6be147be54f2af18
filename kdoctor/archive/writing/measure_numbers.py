"""Goes through the numbers of arrays, in a process of its own: ``python -m kdoctor.archive.writing.measure_numbers``.

These are the arrays that do not stand in one piece, as numbers of this machine (`kdoctor.archive.measuring.sweep` reads those that do).
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
from dataclasses import astuple
from typing import Any

import numpy

from kdoctor.archive.measuring.tally import BRAIN, Tally
from kdoctor.archive.writing.boxes import extents, slabs, whole
from kdoctor.archive.writing.hdf5_child import answer, stored_array
from kdoctor.archive.writing.make_hdf5 import source
from kdoctor.document import Json
from kdoctor.numbers import Numbers

SLAB_NUMBERS = 1 << 20
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
            found.append(None if numbers is None else astuple(numbers))
    return {"found": found}


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
    if array.shape is None or (array.dtype.kind not in "fiubc" and not brain):  # a dataset without a dataspace holds nothing
        return None
    tally = Tally(BRAIN if brain else array.dtype.name)
    for piece in pieces(array):
        flat = piece.reshape(-1)
        tally.checksum = zlib.crc32(flat, tally.checksum)
        tally.add(flat)
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


if __name__ == "__main__":
    main()
