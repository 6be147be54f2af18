"""What a SavedModel's program does: the operations of its graphs and functions that touch the outside. Field numbers: tensorflow/core."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from kdoctor.saved_model.outside import SAVER, TABLE_FILES, touches_outside
from kdoctor.saved_model.wire import fields, inside, text

META_GRAPHS, GRAPH_DEF, ASSET_FILES, OBJECT_GRAPH = 2, 2, 6, 7  # of SavedModel, and of MetaGraphDef
NODES, LIBRARY = 1, 2  # of GraphDef
FUNCTIONS, GRADIENTS = 1, 2  # of FunctionDefLibrary
SIGNATURE, BODY = 1, 3  # of FunctionDef
OPERATION, ATTRIBUTES = 2, 5  # of NodeDef
CONCRETE_FUNCTIONS = 2  # of SavedObjectGraph
VALUE, FUNCTION_VALUE, LIST_VALUE, FUNCTIONS_IN_LIST = 2, 10, 1, 9  # of an attribute's map entry, AttrValue and its list
FILE_NAME = 2  # of AssetFileDef
SAVERS: Final = re.compile(r"__inference__traced_(save|restore)_\d+")


class Body(NamedTuple):
    """One function, or a graph itself: the names of its operations, and of the functions that it calls."""

    name: str
    operations: frozenset[str]
    calls: frozenset[str]


def outside_operations(model: memoryview) -> tuple[str, ...]:
    """The operations that touch the outside, sorted. Raises `MalformedMessage`.

    A module's own saver is left out: functions that nothing but the graph around them names. Loaders of TensorFlow 2 do not run that
    graph; in a module of TensorFlow 1, which has no objects, it is the program.
    """
    found: set[str] = set()
    for meta_graph in inside(model, META_GRAPHS):
        objects = [*inside(meta_graph, OBJECT_GRAPH)]
        named = {text(entry, 1) for graph in objects for entry in inside(graph, CONCRETE_FUNCTIONS)}
        files = [text(entry, FILE_NAME) for entry in inside(meta_graph, ASSET_FILES)]
        for graph in inside(meta_graph, GRAPH_DEF):
            bodies = [*_functions(graph)]
            called = named.union(*(body.calls for body in bodies), _gradients(graph))
            around = _body("", inside(graph, NODES))
            for body in (around, *bodies):
                saves = bool(objects) if body is around else SAVERS.fullmatch(body.name) is not None and body.name not in called
                found |= _outside(body, saves)
            if any(TABLE_FILES & body.operations for body in bodies) and not files:
                found |= TABLE_FILES.intersection(*(body.operations for body in bodies if TABLE_FILES & body.operations))
        found |= {f"a file outside of the module ({file})" for file in files if _leaves(file)}
    return tuple(sorted(found))


def _outside(body: Body, saves: bool) -> set[str]:
    return {name for name in body.operations if touches_outside(name) and not (saves and name in SAVER)}


def _leaves(file: str) -> bool:
    return file.startswith(("/", "\\")) or ":" in file or ".." in re.split(r"[/\\]", file)


def _functions(graph: memoryview) -> Iterator[Body]:
    for function in inside(graph, LIBRARY, FUNCTIONS):
        name = next((text(signature, 1) for signature in inside(function, SIGNATURE)), "")
        yield _body(name, inside(function, BODY))


def _gradients(graph: memoryview) -> set[str]:
    return {text(entry, number) for entry in inside(graph, LIBRARY, GRADIENTS) for number in (1, 2)}


def _body(name: str, nodes: Iterator[memoryview]) -> Body:
    operations: set[str] = set()
    calls: set[str] = set()
    for node in nodes:
        operations.add(text(node, OPERATION))
        for value in inside(node, ATTRIBUTES, VALUE):
            calls |= {text(function, 1) for function in inside(value, FUNCTION_VALUE)}
            calls |= {text(function, 1) for function in inside(value, LIST_VALUE, FUNCTIONS_IN_LIST)}
    return Body(name, frozenset(operations), frozenset(calls | operations))


def is_program(model: memoryview) -> bool:
    """Whether the bytes hold a graph at all."""
    return any(number == META_GRAPHS for number, _ in fields(model))
