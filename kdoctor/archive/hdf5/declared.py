"""What the arrays of an HDF5 file declare, against what the file can hold: a shape costs eight bytes, its values may cost all memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kdoctor.document import Fault, Json
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits


@dataclass(slots=True)
class Declared:
    """Bytes that the arrays seen so far would take in memory. Stored by Keras they are those of the file; compressed by anyone at most
    ``limits.ratio`` times as many. Arrays that share their bytes, and those that were never written, count like any other."""

    limits: Limits
    total: int = 0
    largest: int = 0
    detail: dict[str, Json] = field(default_factory=dict)

    def add(self, name: str, shape: tuple[int, ...], size: int) -> None:
        """Count an array."""
        self.total += size
        if size > self.largest:
            self.largest = size
            self.detail = {"name": name, "shape": list(shape)}

    def faults(self, stored: int) -> Iterator[Fault]:
        """The fault of a file of ``stored`` bytes, if it declares too much."""
        if self.total > self.limits.declared_bytes and self.total > self.limits.declared_ratio * stored:
            yield Fault(FaultKind.SHAPE_BOMB.value, "weights", {**self.detail, "declared": self.total, "stored": stored})
