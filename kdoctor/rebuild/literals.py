"""Values of a file as Python literals: the only way in which its texts get into code, apart from checked identifiers."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from kdoctor.document import Json
from kdoctor.rebuild.fragments import Atom, Fragment, Group, Item, listing, sequence

# Arguments that people write as tuples; Keras stores them as lists.
TUPLES = frozenset(
    {
        "batch_shape", "cropping", "dilation_rate", "dims", "input_shape", "kernel_size", "newshape", "output_shape", "output_size",
        "padding", "pool_size", "shape", "size", "strides", "target_shape", "window_strides",
    }
)  # fmt: skip

LARGEST = 3e38  # in single precision


def text(value: str) -> str:
    """The literal of a text, in double quotes where that needs no escape. What is not printable is escaped."""
    found = repr(value)
    return f'"{found[1:-1]}"' if found[0] == "'" and '"' not in found and "\\'" not in found else found


def literal(value: Json, key: str | None = None) -> Fragment:
    """A plain JSON value; ``key`` is the argument that it is given to."""
    if isinstance(value, str):
        return Atom(text(value))
    if isinstance(value, (list, tuple)):
        items = [literal(item, key) for item in value]
        return sequence(items) if key in TUPLES else listing(items)
    if isinstance(value, Mapping):
        return mapping({str(name): literal(item) for name, item in value.items()})
    return Atom(_number(value))


def mapping(values: Mapping[str, Fragment]) -> Group:
    """A dict with text keys."""
    return Group("", "{}", tuple(Item(value, f"{text(key)}: ") for key, value in values.items()))


def single_precision(value: float) -> float:
    """The shortest number that is the same in single precision: 0.009999999776482582 was written 0.01."""
    if not math.isfinite(value) or abs(value) > LARGEST:
        return value
    stored = struct.unpack("f", struct.pack("f", value))[0]
    if stored != value:
        return value
    return next(short for digits in range(1, 18) if struct.pack("f", short := float(f"{value:.{digits}g}")) == struct.pack("f", value))


def _number(value: Json) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if value is None or isinstance(value, (bool, int, float)):
        return repr(value)
    raise TypeError(f"{type(value).__name__} is no plain value")
