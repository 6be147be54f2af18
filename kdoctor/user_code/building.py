"""Whether anything builds the layers that a class of the user's makes in its constructor, before their weights are read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

TELLING_SHAPES: Final = ("compute_output_shape", "compute_output_spec")  # a class with one of these is not traced for its output's shape
READING_BUILDS: Final = ("build_from_config", "get_build_config")


class Building(NamedTuple):
    """untraced: Keras 3 asks the class for the shape of its output, and does not run ``call`` on symbolic tensors for it
    (keras/src/layers/layer.py, compute_output_spec); empty: it has a ``build`` of its own, which makes nothing; by_call: its ``call`` alone
    builds what it holds, nothing that a ``build`` from outside runs."""

    untraced: bool = False
    empty: bool = False
    by_call: bool = False


def building(line: Sequence[ast.ClassDef], outside: Iterable[str]) -> Building:
    """Of a class and its bases in the source; ``outside``: the names of the other bases. What may build by another way says nothing."""
    methods = {one.name: one for held in reversed(line) for one in held.body if isinstance(one, ast.FunctionDef)}
    builder = methods.get("build")
    empty = builder is not None and all(_makes_nothing(one) for one in builder.body)
    otherwise = (builder is not None and not empty) or any(name in methods for name in READING_BUILDS) or {*outside} != {"Layer"}
    constructors = [one for held in line for one in held.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
    if otherwise or any(_builds(node) for one in constructors for node in ast.walk(one)):
        return Building()
    return Building(any(name in methods for name in TELLING_SHAPES), empty, by_call=True)


def _makes_nothing(statement: ast.stmt) -> bool:
    """A text, ``pass``, ``super().build(shape)`` and ``self.built = True``."""
    if isinstance(statement, ast.Assign):
        return [ast.unparse(one) for one in statement.targets] == ["self.built"]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return isinstance(statement.value.func, ast.Attribute) and ast.unparse(statement.value.func.value).startswith("super(")
    return isinstance(statement, ast.Pass) or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))


def _builds(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "build"
