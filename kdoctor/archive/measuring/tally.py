"""Sums over the numbers of one array, a part at a time. Import this module only where numbers are looked at: it brings numpy.

A part is small enough to stay in the processor's cache, and what is rare is counted only where a first look shows that it is there.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy

from kdoctor.numbers import HALF_MAX, Numbers

CACHED_NUMBERS: Final = 1 << 17
BRAIN: Final = "bfloat16"


class Tally:
    """What an array of one dtype (numpy's name, or bfloat16) holds, part by part."""

    def __init__(self, dtype: str) -> None:
        self.checksum = self.count = self.nan = self.infinite = self.zeros = self.denormals = self.beyond_half = 0
        self.least, self.most, self.sum = math.inf, -math.inf, 0.0
        self._dtype = dtype
        self._room = numpy.empty(0, "f4")

    def add(self, numbers: Any) -> None:
        """Numbers in one row; bfloat16 as the bits that are stored."""
        with numpy.errstate(all="ignore"):
            for start in range(0, numbers.size, CACHED_NUMBERS):
                self._add(plain(numbers[start : start + CACHED_NUMBERS], self._dtype == BRAIN))

    def numbers(self) -> Numbers:
        told = self.count - self.nan - self.infinite
        counts = (self.count, self.nan, self.infinite, self.zeros, self.denormals, self.beyond_half)
        return Numbers(*counts, finite(self.least), finite(self.most), finite(self.sum / told) if told else None, self.checksum)

    def _add(self, part: Any) -> None:
        self.count += part.size
        if part.dtype.kind != "f":
            self.zeros += part.size - int(numpy.count_nonzero(part))
            self._add_finite(part, float(part.sum(dtype=numpy.float64)))
            return
        tiny = float(numpy.finfo(part.dtype).tiny)
        part = part.astype(numpy.float32) if part.dtype.itemsize == 2 else part  # processors compute with those
        total = float(part.sum())  # numpy sums pairwise
        if not math.isfinite(total):
            part = self._without_the_infinite(part)
            total = float(part.sum(dtype=numpy.float64))
        if part.size:
            self._count_small_and_large(part, *self._add_finite(part, total), tiny)

    def _add_finite(self, part: Any, total: float) -> tuple[float, float]:
        least, most = part.min().item(), part.max().item()
        self.least, self.most, self.sum = min(self.least, least), max(self.most, most), self.sum + total
        return least, most

    def _without_the_infinite(self, part: Any) -> Any:
        """What remains may be all: the sum of large numbers is infinite, too."""
        there = numpy.isfinite(part)
        nan = int(numpy.count_nonzero(numpy.isnan(part)))
        self.nan += nan
        self.infinite += part.size - int(numpy.count_nonzero(there)) - nan
        return part[there]

    def _count_small_and_large(self, part: Any, least: float, most: float, tiny: float) -> None:
        if least == most == 0:
            self.zeros += part.size
            return
        beyond = max(-least, most) > HALF_MAX
        if not beyond and (least >= tiny or most <= -tiny):
            return
        if self._room.size < part.size or self._room.dtype != part.dtype:
            self._room = numpy.empty(part.size, part.dtype)
        sizes = numpy.abs(part, out=self._room[: part.size])
        if float(sizes.min()) < tiny:
            zeros = part.size - int(numpy.count_nonzero(part))
            self.zeros += zeros
            self.denormals += int(numpy.count_nonzero(sizes < tiny)) - zeros
        if beyond:
            self.beyond_half += int(numpy.count_nonzero(sizes > HALF_MAX))


def plain(part: Any, brain: bool = False) -> Any:
    """The same numbers in a type that numpy computes with."""
    if brain:
        return (part.view(numpy.uint16).astype(numpy.uint32) << 16).view(numpy.float32)
    if part.dtype.kind == "c":
        return part.view(part.real.dtype)
    return part.view(numpy.uint8) if part.dtype.kind == "b" else part


def finite(value: float) -> float | None:
    """JSON has no NaN and no infinity."""
    return value if math.isfinite(value) else None
