"""The names of dtypes, and what kind of numbers each is."""

from __future__ import annotations

from typing import Final

# As wide as the widest, in this order; bool and whole numbers give way to floats.
ORDER: Final = (
    "bool", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "bfloat16", "float16", "float32", "float64",
    "complex64", "complex128",
)  # fmt: skip
FLOATS: Final = frozenset({"bfloat16", "float16", "float32", "float64"})
NAMES: Final = frozenset({*ORDER, "string"})


def is_float(dtype: str | None) -> bool:
    return dtype in FLOATS


def is_whole(dtype: str | None) -> bool:
    return dtype is not None and dtype in ORDER and dtype.lstrip("u").startswith("int")
