"""The keys that an object's ``get_config`` writes, as far as its source tells."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kdoctor.keras_api.hierarchy import Hierarchy, Key, index_above


def config_keys(hierarchy: Hierarchy, key: Key) -> tuple[str, ...]:
    """The keys by class, base class first, as texts with a space between: a best effort.

    Keys that are written under a condition are among them, those that are computed are not (the arguments of a loss's or metric's
    function). A class whose ``get_config`` does not ask its base's begins anew.
    """
    found: list[str] = []
    removed: set[str] = set()
    order = hierarchy.order(key)
    index: int | None = 0
    while index is not None and index < len(order):
        node = hierarchy.method(order[index], "get_config")
        if node is None:
            index += 1
            continue
        written = [name for name in _written(node) if name not in removed]
        removed |= _removed(node)
        if written:
            found.insert(0, " ".join(dict.fromkeys(written)))
        index = _asked_next(order, index, node)
    return tuple(found)


def keys_taken(hierarchy: Hierarchy, key: Key) -> tuple[str, ...]:
    """The keys that ``from_config`` takes out of the config before it calls the constructor, or hands by name to a method that does.

    ``config.pop("dtype", None)`` of the initializers, ``query_shape`` of MultiHeadAttention, ``lr`` of the optimizers.
    """
    node = next((method for base in hierarchy.order(key) if (method := hierarchy.method(base, "from_config"))), None)
    config = node.args.args[1].arg if node and len(node.args.args) > 1 else ""
    found: list[str] = []
    for call in ast.walk(node) if node else ():
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="pop"), args=[ast.Constant(value=str(name)), *_]) if (
                owner == config
            ):
                found.append(name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="cls")), args=[ast.Name(id=passed), *names]) if passed == config:
                found.extend(name.value for name in names if isinstance(name, ast.Constant) and isinstance(name.value, str))
    return tuple(dict.fromkeys(found))


def _asked_next(order: tuple[Key, ...], index: int, node: ast.FunctionDef) -> int | None:
    """Where in the resolution order the base's method is sought that this one calls, or None when it calls none."""
    for call in ast.walk(node):
        match call:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Name(id="super")) as above, attr="get_config")):
                return index_above(order, index, above) + 1
            case ast.Call(func=ast.Attribute(attr="get_config"), args=[ast.Name(id="self")]):
                return index + 1
    return None


def _written(node: ast.FunctionDef) -> Iterator[str]:
    """Literal keys of dictionaries of the method's own (not of nested ones), ``config["name"] = …`` and ``dict(name=…)``."""
    nested = {id(inner) for outer in ast.walk(node) if isinstance(outer, ast.Dict) for value in outer.values for inner in ast.walk(value)}
    for child in ast.walk(node):
        if id(child) in nested:
            continue
        match child:
            case ast.Dict():
                yield from (name.value for name in child.keys if isinstance(name, ast.Constant) and isinstance(name.value, str))
            case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str(name)), ctx=ast.Store()):
                yield name
            case ast.Call(func=ast.Name(id="dict"), keywords=named):
                yield from (item.arg for item in named if item.arg)


def _removed(node: ast.FunctionDef) -> set[str]:
    """Keys that the method deletes again, which must have come from its base."""
    found = set()
    for child in ast.walk(node):
        match child:
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr="pop"), args=[ast.Constant(value=str(name)), *_]):
                found.add(name)
            case ast.Delete(targets=[ast.Subscript(slice=ast.Constant(value=str(name)))]):
                found.add(name)
    return found
