"""Layers that a constructor keeps in lists within lists."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from kdoctor.user_code.sublayers import FIRST_ARRAYS

SAVING: Final = frozenset({"save_own_variables", "load_own_variables"})


def nested_lists(constructor: ast.FunctionDef | None, own: frozenset[str]) -> tuple[str, ...]:
    """The attributes whose lists hold lists of layers of Keras with arrays; own: names of classes in the source itself."""
    kept = FIRST_ARRAYS.keys() - own
    return tuple(
        target.attr
        for node in (constructor.body if constructor is not None else ())
        if isinstance(node, ast.Assign) and any(_makes(inner, kept) for outer in _items(node.value) for inner in _items(outer))
        for target in node.targets
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self"
    )


def _items(value: ast.expr) -> Iterator[ast.expr]:
    """What a list that is written out holds, or one that is made in a loop each time."""
    if isinstance(value, ast.ListComp):
        yield value.elt
    elif isinstance(value, (ast.List, ast.Tuple)):
        yield from value.elts


def _makes(value: ast.expr, classes: frozenset[str] | set[str]) -> bool:
    function = value.func if isinstance(value, ast.Call) else None
    name = function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else None
    return name in classes
