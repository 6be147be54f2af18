"""What a constructor takes, told from its source: its own parameters, what it pops from ``**kwargs``, what it passes up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from kdoctor.keras_api.api_object import REQUIRED, Json, NoDefault
from kdoctor.keras_api.hierarchy import Hierarchy, Key, index_above
from kdoctor.keras_api.leftovers import read_leftovers
from kdoctor.keras_api.literals import literal


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
    leftovers = read_leftovers(hierarchy, order, node, kwargs)
    parameters = {**parameters, **{name: default for name, default in leftovers.taken.items() if name not in parameters}}
    return Signature(_own_first(parameters, node), takes_anything or not (forwarded or leftovers.refused))


def _own_first(parameters: dict[str, Json | NoDefault], node: ast.FunctionDef) -> dict[str, Json | NoDefault]:
    own = own_parameters(node.args, skip=1)
    return {**own, **{name: default for name, default in parameters.items() if name not in own}}


def own_parameters(arguments: ast.arguments, skip: int) -> dict[str, Json | NoDefault]:
    """The named parameters in order, without the first ``skip`` (``self``), ``*args`` and ``**kwargs``."""
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    pairs = [*[*zip(positional, defaults, strict=True)][skip:], *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return {argument.arg: REQUIRED if default is None else literal(default) for argument, default in pairs}


def _calls(node: ast.FunctionDef) -> Iterator[ast.Call]:
    return (child for child in ast.walk(node) if isinstance(child, ast.Call))


def _is_name(expression: ast.expr | None, name: str) -> bool:
    return isinstance(expression, ast.Name) and expression.id == name


def _above(hierarchy: Hierarchy, order: tuple[Key, ...], index: int, call: ast.Call) -> Signature | None:
    """The signature that ``super().__init__(…)`` or ``Base.__init__(self, …)`` reaches; None for any other call."""
    match call.func:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super")) as above, attr="__init__"):
            return _signature(hierarchy, order, index_above(order, index, above) + 1)
        case ast.Attribute(value=base, attr="__init__"):
            key = hierarchy.evaluate(order[index][0], base)
            return _signature(hierarchy, hierarchy.order(key), 0) if key else None
    return None


def _taken_by(call: ast.Call, above: Signature) -> set[str]:
    """Parameters of the constructor above that the call itself fills: a user who gives them too is told "multiple values"."""
    positional = [argument for argument in call.args if not isinstance(argument, ast.Starred) and not _is_name(argument, "self")]
    return {*list(above.parameters)[: len(positional)], *(item.arg for item in call.keywords if item.arg)}
