"""What a constructor does with its ``**kwargs``: the names that it takes out or lets pass, and whether it refuses the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kdoctor.keras_api.api_object import OPAQUE, Json, NoDefault
from kdoctor.keras_api.hierarchy import Hierarchy, Key
from kdoctor.keras_api.literals import literal


@dataclass(frozen=True, slots=True)
class Leftovers:
    """The names taken, with their defaults, and whether any other name raises."""

    taken: dict[str, Json | NoDefault]
    refused: bool


def read_leftovers(hierarchy: Hierarchy, order: tuple[Key, ...], node: ast.FunctionDef, kwargs: str) -> Leftovers:
    """What ``node``, a method of a class with this resolution order, does with the mapping that it calls ``kwargs``."""
    taken = {**_popped(node, kwargs), **_allowed(node, kwargs)}
    refused = _refuses_leftovers(node, kwargs)
    for method, name in _handed_on(hierarchy, order, node, kwargs):
        further = read_leftovers(hierarchy, order, method, name)
        taken = {**further.taken, **taken}
        refused = refused or further.refused
    return Leftovers(taken, refused)


def _handed_on(hierarchy: Hierarchy, order: tuple[Key, ...], node: ast.FunctionDef, kwargs: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    """Methods that get the mapping itself, as in ``self._process_kwargs(kwargs)``, and what they call it."""
    for call in _calls(node):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="self"), attr=called), args=[ast.Name(id=passed)]) if passed == kwargs:
                method = next((found for key in order if (found := hierarchy.method(key, called))), None)
                if method is not None and method is not node:
                    yield method, method.args.args[1].arg


def _calls(node: ast.FunctionDef) -> Iterator[ast.Call]:
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def _popped(node: ast.FunctionDef, kwargs: str) -> dict[str, Json | NoDefault]:
    """The names that the body takes out of ``**kwargs``: ``kwargs.pop("input_length", None)``, also in a loop over literal names."""
    found: dict[str, Json | NoDefault] = {}
    for call in _calls(node):
        if ast.unparse(call.func) != f"{kwargs}.pop":
            continue
        match call.args:
            case [ast.Constant(value=str(name)), *rest]:
                found[name] = literal(rest[0]) if rest else OPAQUE
            case [ast.Name(id=variable), *_]:
                found.update(_looped(node, variable))
    return found


def _assigned(node: ast.FunctionDef) -> dict[str, ast.expr]:
    return {
        statement.targets[0].id: statement.value
        for statement in ast.walk(node)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }


def _looped(node: ast.FunctionDef, variable: str) -> dict[str, Json | NoDefault]:
    """The literal names that a loop variable runs through: ``for name, default in {…}.items()``, the dictionary perhaps in a local name."""
    assigned = _assigned(node)
    found: dict[str, Json | NoDefault] = {}
    for loop in (child for child in ast.walk(node) if isinstance(child, ast.For)):
        if variable in {name.id for name in ast.walk(loop.target) if isinstance(name, ast.Name)}:
            for name in (child for child in ast.walk(loop.iter) if isinstance(child, ast.Name)):
                found.update(_names_in(assigned.get(name.id)))
            found.update(_names_in(loop.iter))
    return found


def _names_in(expression: ast.expr | None) -> dict[str, Json | NoDefault]:
    match expression:
        case ast.Dict():
            pairs = zip(expression.keys, expression.values, strict=True)
            return {key.value: literal(value) for key, value in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)}
        case ast.Tuple() | ast.List() | ast.Set():
            return {item.value: OPAQUE for item in expression.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)}
    return {}


def _allowed(node: ast.FunctionDef, kwargs: str) -> dict[str, Json | NoDefault]:
    """The names that a check of ``**kwargs`` lets pass: the set that a loop compares with or that ``validate_kwargs`` is given."""
    assigned = _assigned(node)
    found: dict[str, Json | NoDefault] = {}
    for expression in _permitted(node, kwargs):
        found.update(_names_in(assigned.get(expression.id) if isinstance(expression, ast.Name) else expression))
    return found


def _permitted(node: ast.FunctionDef, kwargs: str) -> Iterator[ast.expr]:
    for child in ast.walk(node):
        match child:
            case ast.Call(func=called, args=[ast.Name(id=passed), allowed, *_]) if passed == kwargs:
                if ast.unparse(called).endswith("validate_kwargs"):
                    yield allowed
            case ast.For() if _runs_through(child, kwargs):
                yield from (names for statement in child.body if (names := _compared(statement)) is not None)


def _compared(statement: ast.stmt) -> ast.expr | None:
    """The names that a statement of the loop lets pass while it raises for every other."""
    match statement:
        case ast.If(test=ast.Compare(ops=[ast.NotIn()], comparators=[allowed]), body=[*_, ast.Raise()]):
            return allowed
        case ast.If(test=ast.Compare(ops=[ast.In()], comparators=[allowed]), body=[*_, last], orelse=[*_, ast.Raise()]):
            return None if isinstance(last, ast.Raise) else allowed
        case ast.Assert(test=ast.Compare(ops=[ast.In()], comparators=[allowed])):
            return allowed
    return None


def _runs_through(loop: ast.For, kwargs: str) -> bool:
    return ast.unparse(loop.iter) in (kwargs, f"{kwargs}.keys()")


def _refuses_leftovers(node: ast.FunctionDef, kwargs: str) -> bool:
    """Whether the body raises for names that it does not take: ``if kwargs: raise ValueError(…)``, a loop or ``validate_kwargs``."""
    if any(True for _ in _permitted(node, kwargs)):
        return True
    for child in ast.walk(node):
        match child:
            case ast.If(test=ast.Name(id=name)) if name == kwargs and any(isinstance(statement, ast.Raise) for statement in child.body):
                return True
            case ast.For(body=[ast.If(body=[*_, ast.Raise()], orelse=[*_, ast.Raise()])]) if _runs_through(child, kwargs):
                return True
    return False
