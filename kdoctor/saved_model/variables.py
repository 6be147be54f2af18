"""The variables that a SavedModel's object offers, in the order in which TensorFlow Hub's layer, and ours, take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kdoctor.saved_model.graph import META_GRAPHS, OBJECT_GRAPH
from kdoctor.saved_model.wire import inside, text, whole

NODES, CHILDREN, VARIABLE = 1, 1, 7  # of SavedObjectGraph, and of SavedObject
NODE, NAME = 1, 2  # of ObjectReference
SHAPE, TRAINABLE, VARIABLE_NAME = 2, 3, 6  # of SavedVariable
DIMENSIONS, SIZE, UNKNOWN_RANK = 2, 1, 3  # of TensorShapeProto


class ModuleVariable(NamedTuple):
    """A variable of a module: its name, its lengths by axis (None where one is open; None as a whole for any rank), and its part in training."""

    name: str
    shape: tuple[int | None, ...] | None
    trainable: bool


def module_variables(model: memoryview) -> tuple[ModuleVariable, ...] | None:
    """What ``trainable_variables`` lists, then what else ``variables`` does (tensorflow_hub/keras_layer.py, _setup_layer).

    None for a module of TensorFlow 1, which has no objects: its loader makes them. Raises `MalformedMessage`.
    """
    graph = next(inside(model, META_GRAPHS, OBJECT_GRAPH), None)
    if graph is None:
        return None
    nodes = [*inside(graph, NODES)]
    root = _children(nodes[0]) if nodes else {}
    trained = _listed(nodes, root.get("trainable_variables"))
    others = [index for index in _listed(nodes, root.get("variables")) if index not in trained]
    found = [(index, True) for index in trained] + [(index, False) for index in others]
    return tuple(_variable(nodes[index], trainable) for index, trainable in found)


def _children(node: memoryview) -> Mapping[str, int]:
    return {text(child, NAME): whole(child, NODE) for child in inside(node, CHILDREN)}


def _listed(nodes: list[memoryview], at: int | None) -> list[int]:
    """The items of a list, in its order, each once."""
    if at is None or not 0 <= at < len(nodes):
        return []
    items = {int(name): index for name, index in _children(nodes[at]).items() if name.isdecimal()}
    return list(dict.fromkeys(items[number] for number in sorted(items) if 0 <= items[number] < len(nodes)))


def _variable(node: memoryview, trainable: bool) -> ModuleVariable:
    found = next(inside(node, VARIABLE), memoryview(b""))
    shape = next(inside(found, SHAPE), None)
    lengths = None
    if shape is not None and not whole(shape, UNKNOWN_RANK):
        sizes = [whole(dimension, SIZE) for dimension in inside(shape, DIMENSIONS)]
        lengths = tuple(None if size < 0 else size for size in sizes)
    return ModuleVariable(text(found, VARIABLE_NAME), lengths, trainable)
