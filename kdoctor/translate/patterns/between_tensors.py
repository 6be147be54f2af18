"""Layers that put several tensors together: Add, Subtract, Multiply, Maximum, Minimum, Concatenate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from kdoctor.document import Json
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.translate.patterns.pattern import Layer

Merge: TypeAlias = Callable[[Sequence[str], Sequence["Shape | None"], Sequence[Mapping[str, Json]]], "Layer | None"]
OF_ANY_NUMBER: Final = frozenset({"Add", "Multiply", "Maximum", "Minimum"})


def folded(names: Sequence[str], shapes: Sequence[Shape | None], nodes: Sequence[Mapping[str, Json]]) -> Layer | None:
    """One operation from the first tensor to the last, as the layers do it themselves."""
    operation = nodes[0]["class_name"] if nodes else ""
    if operation not in OF_ANY_NUMBER and not (operation == "Subtract" and len(names) == 2):
        return None
    if len(names) < 2 or len(nodes) != len(names) - 1 or len(set(shapes)) != 1 or shapes[0] is None:
        return None
    before = names[0]
    for name, node in zip(names[1:], nodes, strict=True):
        if node["class_name"] != operation or [_name(value) for value in node["inbound_nodes"][0]["args"]] != [before, name]:
            return None
        before = node["name"]
    return Layer(operation)


def concatenated(names: Sequence[str], shapes: Sequence[Shape | None], nodes: Sequence[Mapping[str, Json]]) -> Layer | None:
    if len(nodes) != 1 or nodes[0]["class_name"] != "Concatenate" or len(names) < 2 or None in shapes:
        return None
    (joined, *more) = nodes[0]["inbound_nodes"][0]["args"]
    axis = nodes[0]["config"].get("axis")
    rank = len(shapes[0] or ())
    if more or not isinstance(joined, list) or [_name(value) for value in joined] != list(names) or type(axis) is not int:
        return None
    return Layer("Concatenate", {"axis": axis}) if rank > 1 and axis % rank != 0 else None


def _name(value: Json) -> str | None:
    if isinstance(value, Mapping) and value.get("class_name") == "__keras_tensor__":
        name, _, output = value["config"]["keras_history"]
        return str(name) if output == 0 else None
    return None


MERGES: Final[tuple[Merge, ...]] = (folded, concatenated)
