"""A TensorFlow-op layer as the Python that made it: ``x[:, 0]``, ``tf.math.reduce_mean(x, axis=1)``."""

from __future__ import annotations

from typing import Final

from kdoctor.structure.objects import Node
from kdoctor.structure.sources import Source
from kdoctor.translate.op_calls import call_of, function_of
from kdoctor.translate.values import Untranslatable, Value

OPERATORS: Final = {
    "add": "+", "subtract": "-", "multiply": "*", "truediv": "/", "divide": "/", "realdiv": "/", "floordiv": "//", "floormod": "%",
    "pow": "**", "matmul": "@", "greater": ">", "greater_equal": ">=", "less": "<", "less_equal": "<=", "sub": "-", "mul": "*",
}  # fmt: skip


class _Named:
    """A tensor by the name of the layer that makes it."""

    def __init__(self, name: str) -> None:
        self.name = name


def source_of(node: Node) -> str:
    """The first call as source; the function's name where its arguments are not told."""
    calls = node.raw.get("inbound_nodes")
    try:
        name, args, kwargs = call_of(node, calls[0], lambda source: _named(source)) if isinstance(calls, list) and calls else ("", (), {})
    except (Untranslatable, TypeError, ValueError, LookupError, AttributeError):
        name, args, kwargs = "", (), {}
    if not name:
        return function_of(node)
    if name == "op.getitem":
        return f"{_text(args[0])}[{_index(args[1])}]"
    kwargs = {key: value for key, value in kwargs.items() if value is not None and key != "name"}
    operator = OPERATORS.get(name.rpartition(".")[2])
    operands = [*args, *kwargs.values()]
    if operator and len(operands) == 2:
        return f"{_text(operands[0])} {operator} {_text(operands[1])}"
    listed = [_text(value) for value in args] + [f"{key}={_text(value)}" for key, value in kwargs.items()]
    return f"{name}({', '.join(listed)})"


def _named(source: Source) -> _Named:
    return _Named(source.layer)


def _text(value: Value) -> str:
    if isinstance(value, _Named):
        return value.name
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(_text(item) for item in value)}]"
    if isinstance(value, slice):
        ends = f"{'' if value.start is None else _text(value.start)}:{'' if value.stop is None else _text(value.stop)}"
        return ends if value.step is None else f"{ends}:{_text(value.step)}"
    if value is Ellipsis:
        return "..."
    if isinstance(value, float):
        return f"{value:g}"
    return repr(value)


def _index(key: Value) -> str:
    return ", ".join(_text(item) for item in key) if isinstance(key, tuple) else _text(key)
