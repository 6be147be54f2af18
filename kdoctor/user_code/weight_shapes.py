"""The shapes of the weights that a layer's ``build`` adds, as far as its source tells them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kdoctor.user_code.definition import Lengths


def weight_shapes(build: ast.FunctionDef | None, constructor: ast.FunctionDef | None) -> tuple[Lengths, ...] | None:
    """One after the other; None where weights are added under a condition, in a loop, or in a way that is not understood."""
    if build is None:
        return None
    attributes = dict(_attributes(constructor)) if constructor is not None else {}
    found: list[Lengths] = []
    for statement in build.body:
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call) and _is_adding(node.func)]
        if calls and not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)):
            return None
        for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
            lengths = _lengths(call, attributes)
            if lengths is None:
                return None
            found.append(lengths)
    return tuple(found)


def _is_adding(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr in ("add_weight", "add_variable")


def _lengths(call: ast.Call, attributes: dict[str, str]) -> Lengths | None:
    """The shape of one call: a keyword, or the first argument that is a tuple or list."""
    given = [keyword.value for keyword in call.keywords if keyword.arg == "shape"] or list(call.args)
    shape = next((one for one in given if isinstance(one, (ast.Tuple, ast.List))), None)
    return None if shape is None else tuple(_length(one, attributes) for one in shape.elts)


def _length(node: ast.expr, attributes: dict[str, str]) -> int | str | None:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
        return attributes.get(node.attr)
    return None


def _attributes(constructor: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    """Attribute -> the argument that it is as it was given: ``self.units = units``."""
    names = {argument.arg for argument in (*constructor.args.args, *constructor.args.kwonlyargs)}
    for node in ast.walk(constructor):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            for left, right in _pairs(target, node.value):
                if isinstance(left, ast.Attribute) and isinstance(right, ast.Name) and right.id in names:
                    yield left.attr, right.id


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """``self.a, self.b = a, b`` taken apart."""
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        yield from zip(target.elts, value.elts, strict=False)
    else:
        yield target, value
