"""Operations of Keras 3 that stand in a graph, as the calls of ``keras.ops`` that make them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from kdoctor.keras_api.api_object import ApiObject
from kdoctor.rebuild.defaults import is_default
from kdoctor.rebuild.fragments import Applied, Atom, Fragment, Group, Item, call, flat
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.objects import value
from kdoctor.structure.objects import Node
from kdoctor.structure.snake_case import snake_case
from kdoctor.translate.rows.keras_ops import functions


def operation(module: Module, node: Node, args: Sequence[Fragment], kwargs: Mapping[str, Fragment], named: bool) -> Fragment:
    """The expression for one call. ``named``: its own name has to be given, because a layer has the name that Keras would choose."""
    if node.class_name == "GetItem" and len(args) == 2 and not kwargs and isinstance(args[0], Atom):
        return Atom(f"{args[0].text}[{_index(args[1])}]")
    found = None if named else _function(module, node.class_name)
    if found is None:
        return _made(module, node, args, kwargs)
    public, entry = found
    renamed: Mapping[str, str] = entry.get("config", {})
    config = {renamed.get(key, key): (key, item) for key, item in node.config.items() if key != "name"}
    if any(name not in public.parameters and name not in ("subscripts",) for name in [*config, *kwargs]):
        return _made(module, node, args, kwargs)
    stated = {
        name: value(module, item, node.at / "config" / key, name)
        for name, (key, item) in config.items()
        if name == "data_format" or not is_default(module.catalogue, public, name, item)  # which an operation keeps as it is given
    }
    operands = _operands(public, entry, args)
    if node.class_name == "Einsum" and "subscripts" in stated:
        operands = [Item(stated.pop("subscripts")), *operands]
    items = [*operands, *(Item(item, f"{name}=") for name, item in {**kwargs, **stated}.items())]
    return call(next((name for name in public.exports if name.startswith("keras.ops.")), f"keras.ops.{public.name}"), items)


def _operands(public: ApiObject, entry: Mapping[str, Any], args: Sequence[Fragment]) -> list[Item]:
    """Operands by position as long as the function takes them first, then by name."""
    names: Sequence[str] = entry.get("operands", ())
    order = list(public.parameters)
    items = []
    for index, item in enumerate(args):
        in_place = index >= len(names) or (index < len(order) and order[index] == names[index])
        items.append(Item(item, "" if in_place else f"{names[index]}="))
    return items


def _function(module: Module, class_name: str) -> tuple[ApiObject, Mapping[str, Any]] | None:
    """The public function that makes operations of the class, with its row of the table; None where the release has none."""
    for name in [*_by_class().get(class_name, ()), snake_case(class_name)]:
        public = module.catalogue.resolve("keras.ops", name)
        if public is not None and public.is_function:
            return public, functions().get(name, {})
    return None


@functools.cache
def _by_class() -> Mapping[str, tuple[str, ...]]:
    """The functions of each class, the one that is named like it first, then the shortest name."""
    found: dict[str, list[str]] = {}
    for name, entry in functions().items():
        found.setdefault(entry["class"], []).append(name)
    return {key: tuple(sorted(names, key=lambda name: (name != snake_case(key), len(name), name))) for key, names in found.items()}


def _made(module: Module, node: Node, args: Sequence[Fragment], kwargs: Mapping[str, Fragment]) -> Fragment:
    """The operation's class, called: for those that no function makes, or that must keep their names."""
    known = module.catalogue.resolve(node.module, node.class_name)
    if known is None:
        module.problem(f"{module.target} has no operation {node.class_name!r}", node.at)
        return Atom("None")
    stated = {key: item for key, item in node.config.items() if key in known.parameters or known.takes_anything}
    if set(node.config) - set(stated) - {"name"}:
        module.problem(f"{node.class_name} of {module.target} takes no {sorted(set(node.config) - set(stated))[0]!r}", node.at)
    module.imports.add(f"from {known.module.rpartition('.')[0]} import {known.module.rpartition('.')[2]} as {_alias(known)}")
    items = [
        Item(value(module, item, node.at / "config" / key, key), f"{key}=")
        for key, item in stated.items()
        if not is_default(module.catalogue, known, key, item)
    ]
    operands = [*(Item(item) for item in args), *(Item(item, f"{key}=") for key, item in kwargs.items())]
    return Applied(call(f"{_alias(known)}.{known.name}", items), call("", operands))


def _alias(known: ApiObject) -> str:
    return f"{known.module.rpartition('.')[2]}_operations"


def auto_named(node: Node) -> str:
    """What Keras calls an operation that is given no name, apart from the number."""
    return snake_case(node.class_name)


def _index(key: Fragment) -> str:
    """What stands in ``x[…]``: slices by colons."""
    if isinstance(key, Group) and not key.head and key.brackets in ("[]", "()") and key.items:
        inner = ", ".join(_one(item.value) for item in key.items)
        return f"{inner}," if len(key.items) == 1 else inner
    return _one(key)


def _one(item: Fragment) -> str:
    if isinstance(item, Group) and item.head == "slice":
        start, stop, step = ("" if flat(end.value) == "None" else flat(end.value) for end in item.items)
        return f"{start}:{stop}" + (f":{step}" if step else "")
    return flat(item)
