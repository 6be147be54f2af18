"""A glance at the numbers of a small model: whether any is NaN or infinite. Bounded, so that no inspection grows with the weights."""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterator, Mapping
from typing import IO, Final

from kdoctor.document import Fault, Weight
from kdoctor.faults import FaultKind

SPAN: Final = 64 * 1024  # bytes from the first array to the last; larger models are looked at with --deep alone
CODES: Final = {"float32": "f", "float64": "d"}


def glanced(stream: IO[bytes], weights: Mapping[str, Weight]) -> Iterator[Fault]:
    """A fault for each array with NaN or infinity, where all that stand in one piece stand close together; numpy is not needed for so few."""
    placed = {path: weight for path, weight in weights.items() if weight.start >= 0 and weight.dtype in CODES and _counts(path)}
    starts = [weight.start for weight in placed.values()]
    first = min(starts, default=0)
    if max(starts, default=0) - first > SPAN:
        return
    span = max((weight.start + weight.bytes for weight in placed.values()), default=0) - first
    if not placed or span > SPAN:
        return
    stream.seek(first)
    held = stream.read(span)
    for path, weight in placed.items():
        numbers = array(CODES[weight.dtype])
        begin = weight.start - first
        piece = held[begin : begin + weight.bytes]
        if len(piece) < weight.bytes:
            continue  # cut off, which is told elsewhere
        numbers.frombytes(piece)
        if sys.byteorder == "big":
            numbers.byteswap()
        wrong = len(numbers) - sum(map(math.isfinite, numbers))
        if wrong:
            yield Fault(FaultKind.NON_FINITE.value, "weights", {"name": path, "count": wrong, "of": len(numbers), "glance": True})


def _counts(path: str) -> bool:
    """Whether predictions depend on the array: those of the optimizer are reset where they are wrong, and metrics begin anew."""
    return not path.startswith(("optimizer", "metrics/"))
