"""What a constructor takes, told from its source: its own parameters, what it pops from ``**kwargs``, what it passes up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kdoctor.keras_api.api_object import OPAQUE, REQUIRED, Json, NoDefault
from kdoctor.keras_api.hierarchy import Hierarchy, Key


@dataclass(frozen=True, slots=True)
class Signature:
    """Parameter names with their defaults, and whether any other keyword is swallowed in silence."""

    parameters: dict[str, Json | NoDefault]
    takes_anything: bool = False


def function_signature(node: ast.FunctionDef) -> Signature:
    """The signature of a plain function."""
    return Signature(own_parameters(node.args, skip=0), node.args.kwarg is not None)


def class_signature(hierarchy: Hierarchy, key: Key) -> Signature:
    """What calling the class takes, along its whole method resolution order."""
    return _signature(hierarchy, hierarchy.order(key), 0)


def _signature(hierarchy: Hierarchy, order: tuple[Key, ...], start: int) -> Signature:
    for index in range(start, len(order)):
        node = hierarchy.method(order[index], "__init__")
        if node is not None:
            return _of_method(hierarchy, order, index, node)
    return Signature({})


def _of_method(hierarchy: Hierarchy, order: tuple[Key, ...], index: int, node: ast.FunctionDef) -> Signature:
    parameters = own_parameters(node.args, skip=1)
    if node.args.kwarg is None:
        return Signature(parameters)
    kwargs = node.args.kwarg.arg
    takes_anything = False
    forwards = [call for call in _calls(node) if any(item.arg is None and _is_name(item.value, kwargs) for item in call.keywords)]
    forwarded = False
    for call in forwards:
        above = _above(hierarchy, order, index, call)
        if above is None:
            continue
        forwarded = True
        taken = _taken_by(call, above)
        parameters = {**{name: default for name, default in above.parameters.items() if name not in taken}, **parameters}
        takes_anything = takes_anything or above.takes_anything
    parameters = {**parameters, **{name: default for name, default in _popped(node, kwargs).items() if name not in parameters}}
    return Signature(_own_first(parameters, node), takes_anything or not (forwarded or _refuses_leftovers(node, kwargs)))


def _own_first(parameters: dict[str, Json | NoDefault], node: ast.FunctionDef) -> dict[str, Json | NoDefault]:
    own = own_parameters(node.args, skip=1)
    return {**own, **{name: default for name, default in parameters.items() if name not in own}}


def own_parameters(arguments: ast.arguments, skip: int) -> dict[str, Json | NoDefault]:
    """The named parameters in order, without the first ``skip`` (``self``), ``*args`` and ``**kwargs``."""
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*[*zip(positional, defaults, strict=True)][skip:], *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return {argument.arg: REQUIRED if default is None else literal(default) for argument, default in pairs}


def literal(expression: ast.expr) -> Json | NoDefault:
    """The value of a literal expression as JSON would hold it (a tuple becomes a list), `OPAQUE` for anything else."""
    try:
        value = ast.literal_eval(expression)
    except (ValueError, TypeError):
        return OPAQUE
    return _as_json(value) if _is_json(value) else OPAQUE


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


def _calls(node: ast.FunctionDef) -> Iterator[ast.Call]:
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def _is_name(expression: ast.expr | None, name: str) -> bool:
    return isinstance(expression, ast.Name) and expression.id == name


def _above(hierarchy: Hierarchy, order: tuple[Key, ...], index: int, call: ast.Call) -> Signature | None:
    """The signature that ``super().__init__(…)`` or ``Base.__init__(self, …)`` reaches; None for any other call."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")), attr="__init__"):
            return _signature(hierarchy, order, index + 1)
        case ast.Attribute(value=base, attr="__init__"):
            key = hierarchy.evaluate(order[index][0], base)
            return _signature(hierarchy, hierarchy.order(key), 0) if key else None
    return None


def _taken_by(call: ast.Call, above: Signature) -> set[str]:
    """Parameters of the constructor above that the call itself fills: a user who gives them too is told "multiple values"."""
    positional = [argument for argument in call.args if not isinstance(argument, ast.Starred) and not _is_name(argument, "self")]
    return {*list(above.parameters)[: len(positional)], *(item.arg for item in call.keywords if item.arg)}


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


def _looped(node: ast.FunctionDef, variable: str) -> dict[str, Json | NoDefault]:
    """The literal names that a loop variable runs through: ``for name, default in {…}.items()``, the dictionary perhaps in a local name."""
    assigned = {
        statement.targets[0].id: statement.value
        for statement in ast.walk(node)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }
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


def _refuses_leftovers(node: ast.FunctionDef, kwargs: str) -> bool:
    """Whether the body raises when ``**kwargs`` is not empty: ``if kwargs: raise ValueError(…)``."""
    tests = (child for child in ast.walk(node) if isinstance(child, ast.If) and _is_name(child.test, kwargs))
    return any(isinstance(statement, ast.Raise) for test in tests for statement in test.body)
