"""What Python itself computes with plain values: arithmetic, comparisons, and the few builtins that code of layers uses."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from kdoctor.translate.names import NUMBER_FUNCTIONS
from kdoctor.translate.values import Dim, ShapeOf, Tensor, Untranslatable, Value, tensors_in

BINARY: Final[Mapping[str, tuple[str, Callable[[Any, Any], Any]]]] = {
    "+": ("op.add", operator.add), "-": ("op.sub", operator.sub), "*": ("op.mul", operator.mul), "/": ("op.truediv", operator.truediv),
    "//": ("op.floordiv", operator.floordiv), "%": ("op.mod", operator.mod), "**": ("op.pow", operator.pow),
    "@": ("op.matmul", operator.matmul), "&": ("op.and", operator.and_), "|": ("op.or", operator.or_), "^": ("op.xor", operator.xor),
}  # fmt: skip
COMPARISONS: Final[Mapping[str, tuple[str, Callable[[Any, Any], Any]]]] = {
    "==": ("op.eq", operator.eq), "!=": ("op.ne", operator.ne), "<": ("op.lt", operator.lt), "<=": ("op.le", operator.le),
    ">": ("op.gt", operator.gt), ">=": ("op.ge", operator.ge),
}  # fmt: skip
MOST_ITEMS = 1_000
PLAIN = (bool, int, float, str, type(None))


def is_symbolic(*values: Value) -> bool:
    """Whether a tensor or an array is among the values, or in a list among them."""
    return any(tensors_in(value) or hasattr(value, "dtype") for value in values)


def arithmetic(symbol: str, left: Value, right: Value) -> Value:
    """Between values that are no tensors. Raises `Untranslatable` for more than small numbers and lists."""
    left, right = (list(value.lengths) if isinstance(value, ShapeOf) else value for value in (left, right))
    if isinstance(left, Dim) or isinstance(right, Dim):
        return Dim()
    if symbol == "+" and isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return _listed([*left, *right], isinstance(left, tuple) and isinstance(right, tuple))
    if symbol == "*" and isinstance(left, (list, tuple)) and type(right) is int:
        if len(left) * right > MOST_ITEMS:
            raise Untranslatable("a long list")
        return left * right
    if not all(isinstance(value, (bool, int, float)) for value in (left, right)):
        raise Untranslatable(_no_numbers(symbol, left, right))
    if symbol == "**" and (abs(right) > 64 or abs(left) > 1e9):
        raise Untranslatable("a large power")
    try:
        found = BINARY[symbol][1](left, right)
    except (TypeError, ArithmeticError, ValueError) as error:
        raise Untranslatable(f"{left} {symbol} {right}: {error}") from None
    if isinstance(found, int) and abs(found) > 2**63:
        raise Untranslatable("a large number")
    return found


def _no_numbers(symbol: str, left: Value, right: Value) -> str:
    if left is None or right is None:
        return f"it computes {symbol} with a length that is not known, or with None"
    if symbol in ("+", "%") and isinstance(left, str):
        return "texts that are put together"
    return f"{type(left).__name__} {symbol} {type(right).__name__}"


def number_by_number(symbol: str, left: Value, right: Value) -> ShapeOf:
    """``tf.shape(x)[1:3] * 2`` doubles each length, where a list would be repeated."""
    if symbol not in ("+", "-", "*", "//", "%"):
        raise Untranslatable(f"a shape {symbol} a number, which makes other than whole numbers")
    count = max(len(items_of(value)) for value in (left, right) if not isinstance(value, (int, Dim)))
    sides = [[value] * count if isinstance(value, (int, Dim)) else items_of(value) for value in (left, right)]
    if len(sides[0]) != len(sides[1]) or not all(isinstance(length, (int, Dim)) for side in sides for length in side):
        raise Untranslatable(f"a shape {symbol} other than whole numbers, one for each of its lengths")
    return ShapeOf(tuple(arithmetic(symbol, one, other) for one, other in zip(*sides, strict=True)), computed=True)


def _listed(items: list[Value], as_tuple: bool) -> Value:
    if len(items) > MOST_ITEMS:
        raise Untranslatable("a long list")
    return tuple(items) if as_tuple else items


def compared(symbol: str, left: Value, right: Value) -> bool:
    """Between plain values alone."""
    if symbol in ("is", "is not") and (isinstance(left, Dim) or isinstance(right, Dim)):
        raise Untranslatable("a choice by whether a length is known, which it is or is not as the model is called")
    if symbol in ("is", "is not"):
        if left is not None and right is not None and not isinstance(left, bool):
            raise Untranslatable("whether two values are the same object")
        return (left is right) == (symbol == "is")
    left, right = (tuple(value.lengths) if isinstance(value, ShapeOf) else value for value in (left, right))
    if any(isinstance(value, Dim) or (isinstance(value, (list, tuple)) and Dim in map(type, value)) for value in (left, right)):
        raise Untranslatable("a choice by a length that is known only when the model runs")
    if symbol in ("in", "not in"):
        if not isinstance(right, (list, tuple, str, dict)):
            raise Untranslatable("membership in what is no list")
        return (left in right) == (symbol == "in")
    if not isinstance(left, (*PLAIN, list, tuple)) or not isinstance(right, (*PLAIN, list, tuple)):
        raise Untranslatable("a comparison of other than plain values")
    try:
        return bool(COMPARISONS[symbol][1](left, right))
    except TypeError:
        raise Untranslatable("a comparison of values of two kinds") from None


def truth(value: Value) -> bool:
    """Raises `Untranslatable` for a tensor, whose truth is known only when the model runs."""
    if isinstance(value, Tensor) or hasattr(value, "dtype") or isinstance(value, Dim):
        raise Untranslatable("a choice by a value that is known only when the model runs")
    if isinstance(value, (*PLAIN, list, tuple, dict)):
        return bool(value)
    raise Untranslatable(f"the truth of a {type(value).__name__}")


def items_of(value: Value) -> list[Value]:
    """What a loop goes over."""
    if isinstance(value, ShapeOf):
        return list(value.lengths)
    if isinstance(value, (list, tuple, range)) and len(value) <= MOST_ITEMS:
        return list(value)
    if isinstance(value, dict):
        return list(value)
    if hasattr(value, "tolist") and not isinstance(value, Tensor):
        return items_of(value.tolist())
    raise Untranslatable("a loop over a tensor" if isinstance(value, Tensor) else f"a loop over a {type(value).__name__}")


def _number(value: Value) -> Value:
    if hasattr(value, "item") and not isinstance(value, Tensor):
        value = value.item()
    if isinstance(value, (bool, int, float)):
        return value
    raise Untranslatable(f"a {type(value).__name__} where a number is needed")


def _range(*bounds: Value) -> Value:
    found = range(*(int(_number(bound)) for bound in bounds))
    if len(found) > MOST_ITEMS:
        raise Untranslatable("a long range")
    return list(found)


BUILTINS: Final[Mapping[str, Callable[..., Value]]] = {
    "len": lambda value: len(items_of(value)),
    "range": _range,
    "float": lambda value: float(_number(value)),
    "int": lambda value: value if isinstance(value, Dim) else int(_number(value)),
    "bool": truth,
    "list": lambda value=(): items_of(value),
    "tuple": lambda value=(): tuple(items_of(value)),
    "zip": lambda *values: [tuple(row) for row in zip(*(items_of(value) for value in values), strict=False)],
    "enumerate": lambda value, start=0: list(enumerate(items_of(value), start)),
    "reversed": lambda value: items_of(value)[::-1],
    "slice": slice,
    "sorted": lambda values: sorted(map(_number, items_of(values))),
    "min": lambda *values: min(map(_number, values[0] if len(values) == 1 else values)),
    "max": lambda *values: max(map(_number, values[0] if len(values) == 1 else values)),
    "round": lambda value, digits=None: round(_number(value), digits),
}


def number_function(path: str, args: tuple[Value, ...]) -> Value:
    """``math.sqrt(64)``, ``np.log(2)``: of plain numbers, computed at once."""
    name = path.rpartition(".")[2]
    if name not in NUMBER_FUNCTIONS or not args:
        raise Untranslatable(f"{path} is not known")
    try:
        if name == "prod":
            return math.prod(_number(item) for item in items_of(args[0]))
        if name == "pow":
            return arithmetic("**", float(_number(args[0])), _number(args[1]))
        found = getattr(math, name)(*(_number(arg) for arg in args))
    except (ValueError, ArithmeticError, TypeError) as error:
        raise Untranslatable(f"{path}: {error}") from None
    return float(found) if path.startswith("np.") else found
