"""Whether two lists of outputs are the same numbers. Runs in the child of `verify` only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

TOLERANCE = 1e-5
HALF_TOLERANCE = 2e-2
"""Relative to the largest output (at least 1): for float32 and wider, and for models that compute in half precision."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """`sentence` says in plain words what differs, `None` if nothing does; `max_abs_diff` is `None` if shapes already differ."""

    same: bool
    max_abs_diff: float | None
    sentence: str | None


def compare(ours: Sequence[Array], theirs: Sequence[Array], *, half: bool) -> Comparison:
    """Compare what two models gave for the same input. NaN equals NaN, an infinity equals itself, words equal themselves."""
    if len(ours) != len(theirs):
        return Comparison(False, None, f"{len(ours)} outputs here, {len(theirs)} in the other file")
    for index, (our, their) in enumerate(zip(ours, theirs, strict=True), start=1):
        if our.shape != their.shape:
            return Comparison(False, None, f"output {index} has shape {our.shape} here, {their.shape} in the other file")
    tolerance = HALF_TOLERANCE if half else TOLERANCE
    differences = [_difference(our, their) for our, their in zip(ours, theirs, strict=True)]
    allowed = [tolerance * _scale(their) for their in theirs]
    worst = max(differences, default=0.0)
    for index, (difference, bound) in enumerate(zip(differences, allowed, strict=True), start=1):
        if difference > bound:
            return Comparison(False, worst, f"output {index} differs by up to {difference:.3g} ({bound:.3g} would be rounding)")
    return Comparison(True, worst, None)


def numeric(array: Array) -> bool:
    """Whether the array holds numbers (ml_dtypes' bfloat16 has kind V) and not words."""
    return array.dtype.kind not in "SUO"


def _difference(our: Array, their: Array) -> float:
    if not (numeric(our) and numeric(their)):
        return 0.0 if np.array_equal(our, their) else float("inf")
    if our.size == 0:
        return 0.0
    left, right = wide(our), wide(their)
    equal = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(invalid="ignore"):
        gap = np.abs(left - right)
    gap[np.isnan(gap)] = np.inf
    return float(np.where(equal, 0.0, gap).max())


def _scale(array: Array) -> float:
    if not numeric(array):
        return 1.0
    sizes = np.abs(wide(array))
    return float(max(1.0, sizes[np.isfinite(sizes)].max(initial=0.0)))


def wide(array: Array) -> Array:
    """The numbers in double precision."""
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)
