"""Numpy's names of the dtypes whose numbers can be calculated with."""

from __future__ import annotations

from typing import Final

FLOATS: Final = frozenset({"float16", "float32", "float64", "bfloat16"})
INTEGERS: Final = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
NUMBERS: Final = FLOATS | INTEGERS | {"bool"}
