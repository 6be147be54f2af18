"""What an operation node is called with, beside the tensors whose shapes are given: numbers, arrays, keys, as its first call states them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from kdoctor.document import Json
from kdoctor.keras_api.output_shapes.rule import UnknownShape
from kdoctor.keras_api.variables.variable import Shape, Shapes
from kdoctor.structure.objects import Node

Operand: TypeAlias = Json


def arguments(node: Node) -> list[Json]:
    """The positional arguments of the first call, then those by keyword; empty where the node does not say."""
    calls = node.raw.get("inbound_nodes")
    call = calls[0] if isinstance(calls, list) and calls else None
    if not isinstance(call, dict):
        return []
    named = call.get("kwargs")
    return [*call.get("args", []), *(named.values() if isinstance(named, dict) else ())]


def shapes_of_operands(node: Node, shapes: Shapes) -> list[Shape]:
    """The shape of every operand, the numbers and arrays among them included. Raises `UnknownShape`."""
    waiting = iter(shapes)
    stated = list(_flat(arguments(node)))
    found = [_shape(item, waiting) for item in stated if item is not None] or [_known(shape) for shape in shapes]
    if not found or (next(waiting, None) is not None and stated):
        raise UnknownShape
    return found


def _flat(values: list[Json]) -> Iterator[Json]:
    for value in values:
        if isinstance(value, list):
            yield from _flat(value)
        else:
            yield value


def _shape(value: Json, waiting: Iterator[Shape | None]) -> Shape:
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return _known(next(waiting, None))
    if isinstance(value, dict) and value.get("class_name") in ("__numpy__", "__tensor__"):
        return array_shape(value["config"]["value"])
    return ()


def array_shape(value: Json) -> Shape:
    """The shape of nested lists of numbers."""
    shape: list[int] = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    return tuple(shape)


def _known(shape: Shape | None) -> Shape:
    if shape is None:
        raise UnknownShape
    return shape
