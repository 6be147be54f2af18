"""Constants as Python source."""

from __future__ import annotations

import math

from kdoctor.bytecode.code import Value
from kdoctor.errors import KdoctorError

# Above this, decimal is quadratic, and refused by Python itself.
DECIMAL_BITS = 4096


class Untraceable(KdoctorError):
    """Code that the evaluator cannot follow: what it computes cannot be said. `line` is that of the script, where the code knows it."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason if line is None else f"{reason}, in line {line}")
        self.reason = reason
        self.line = line


def literal(value: Value, is_python2: bool = False) -> str:
    """The shortest usual source text of a constant; raises Untraceable when it has none.

    Python 2 source writes byte strings without a prefix and text with one.
    """
    if value is None or value is True or value is False:
        return str(value)
    if value is ...:
        return "..."
    if isinstance(value, int):
        return str(value) if value.bit_length() <= DECIMAL_BITS else hex(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, complex):
        return _complex(value)
    if isinstance(value, str):
        return ("u" if is_python2 else "") + repr(value)
    if isinstance(value, bytes):
        return repr(value)[is_python2:]
    if isinstance(value, tuple):
        items = [literal(item, is_python2) for item in value]
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if isinstance(value, frozenset) and value:
        # Python writes `x in {1, 2}` as a constant; the order of a set is nobody's, so a stable one.
        return "{" + ", ".join(sorted(literal(item, is_python2) for item in value)) + "}"
    raise Untraceable(f"a constant of type {type(value).__name__}")


def _float(value: float) -> str:
    if math.isnan(value):
        raise Untraceable("a constant that is not a number")
    # A literal too large for a float is how infinity gets among the constants.
    return repr(value).replace("inf", "1e309")


def _complex(value: complex) -> str:
    if not math.isfinite(value.real) or not math.isfinite(value.imag):
        raise Untraceable("a complex constant that is not finite")
    return repr(value)
