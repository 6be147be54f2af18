"""Literal expressions of source code as JSON values."""

from __future__ import annotations

import ast

from kdoctor.keras_api.api_object import OPAQUE, Json, NoDefault


def literal(expression: ast.expr) -> Json | NoDefault:
    """The value of a literal expression as JSON would hold it (a tuple becomes a list), `OPAQUE` for anything else."""
    try:
        value = ast.literal_eval(expression)
    except (ValueError, TypeError):
        return OPAQUE
    return _as_json(value) if _is_json(value) else OPAQUE


def texts(expression: ast.expr | None) -> tuple[str, ...]:
    """Every text that occurs in an expression, in order, none twice."""
    found = (
        [node.value for node in ast.walk(expression) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
        if expression
        else []
    )
    return tuple(dict.fromkeys(found))


def _is_json(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_json, value))
    if isinstance(value, dict):
        return all(isinstance(name, str) and _is_json(item) for name, item in value.items())
    return value is None or isinstance(value, bool | int | float | str)


def _as_json(value: object) -> Json:
    if isinstance(value, list | tuple):
        return [_as_json(item) for item in value]
    if isinstance(value, dict):
        return {name: _as_json(item) for name, item in value.items()}
    assert value is None or isinstance(value, bool | int | float | str)
    return value
