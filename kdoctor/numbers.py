"""What somebody saw who looked at the numbers of an array themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

HALF_MAX: Final = 65504.0  # the largest number of float16


@dataclass(frozen=True, slots=True)
class Numbers:
    """All numbers of one array: how many there are, and how many of them are NaN, infinite, zero, denormal (smaller than the smallest
    number of their type that has its full precision), or beyond what float16 holds; the least, greatest and mean of the finite ones (None
    where there are none), and the CRC-32 of the bytes as an array in C order.
    """

    count: int
    nan: int
    infinite: int
    zeros: int
    denormals: int
    beyond_half: int
    least: float | None
    most: float | None
    mean: float | None
    checksum: int

    @property
    def wrong(self) -> int:
        """How many are no number to compute with."""
        return self.nan + self.infinite

    @property
    def constant(self) -> bool:
        """Whether there are several and all are the same."""
        return self.count > 1 and not self.wrong and self.least == self.most
