"""An array by the bytes that it stands in, where libhdf5 does not open it: kdoctor's own reader went around the damage. For the processes that write HDF5."""

from __future__ import annotations

import math
from typing import Any

import numpy

from kdoctor.archive.writing.bulk_copy import Place
from kdoctor.document import Json


class Copied:
    """The same as numbers to compute with: each piece that is taken is one's own, as it is from a dataset."""

    def __init__(self, numbers: Any) -> None:
        self._numbers, self.shape, self.dtype = numbers, numbers.shape, numbers.dtype

    def __getitem__(self, place: Any) -> Any:
        return numpy.array(self._numbers[place])


def raw_array(place: Place, told: Json) -> Any:
    """A view of the numbers; ``told``: where they begin in the content (bytes), their shape and their dtype, as `Making.raw` has them.

    They stand in one piece, the least significant byte of each first. Raises ValueError or OSError where the content ends before them.
    """
    start, shape, dtype = told
    kind = numpy.dtype(dtype).newbyteorder("<")
    if not math.prod(shape):
        return numpy.zeros(shape, kind)
    return numpy.memmap(place.path, kind, "r", place.start + start, tuple(shape))
