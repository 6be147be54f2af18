"""Nested models whose calls a file counts from 1, as Keras 2 did, for which a model's own making was its first call. Keras 3 counts from 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

from kdoctor.check import Finding, Repair
from kdoctor.document import Json
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.structure.call_numbers import counted_from_one, less_one
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model

Place: TypeAlias = tuple[Pointer, Json]  # connections, and where they stand
INVALID = "ValueError: Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected nodes."


def counted_calls(model: Model) -> Iterator[Finding]:
    """The Sequentials of a Functional, then the Functionals, whose n calls are referred to as 1 to n."""
    nested = [layer for layer in model.layers if layer.class_name == "Sequential" or is_model(layer.node)]
    if not nested:
        return
    calls = [(layer.at / "inbound_nodes", layer.node.raw.get("inbound_nodes")) for layer in model.layers]
    ends = (model.node.at / "config" / "output_layers", model.node.config.get("output_layers"))
    named, called = _by_name([*calls, ends]), _called(model)
    for stack in (layer for layer in nested if layer.class_name == "Sequential"):
        used = called.get(stack.key, ())
        if used and min(used) >= 1 and max(used) <= len(stack.calls):
            yield _counted(stack, "Sequential", named.get(stack.key, ()), _less_one)
    from_one = counted_from_one([layer.node for layer in model.layers], model.node.config.get("output_layers"))
    for inner in (layer for layer in model.layers if layer.key in from_one and layer.class_name != "Sequential"):
        within = [place for place in named.get(inner.key, ()) if place != ends]  # ends are counted from 1 in Keras 3, too
        yield _counted(inner, "model", within, lambda value, name: less_one(value, frozenset({name})))


def _counted(nested: Layer, what: str, places: Iterable[Place], recounted: Callable[[Json, str], Json]) -> Finding:
    edits = tuple(Edit(at, old=old, new=new) for at, old in places if (new := recounted(old, nested.key)) != old)
    return Finding(
        nested.at,
        f"the calls of the nested {what} {nested.name!r} are counted from 1",
        repair=Repair("count them from 0", edits),
        layer=nested.name,
        keras_says=INVALID,
    )


def _called(model: Model) -> Mapping[str, set[int]]:
    """The numbers of the calls that are referred to, by the layer."""
    found: dict[str, set[int]] = {}
    for source in chain(model.endpoints("output_layers"), *(call for layer in model.layers for call in layer.calls)):
        found.setdefault(source.layer, set()).add(source.call)
    return found


def _by_name(places: Iterable[Place]) -> Mapping[str, list[Place]]:
    """The connections that refer to calls of a layer, by its name."""
    found: dict[str, list[Place]] = {}
    for place in places:
        for name in dict.fromkeys(_names(place[1])):
            found.setdefault(name, []).append(place)
    return found


def _names(value: Json) -> Iterator[str]:
    stack = [value]  # hostile files nest deeper than Python's own
    while stack:
        item = stack.pop()
        if isinstance(item, list):
            if _is_call(item):
                yield item[0]
            stack.extend(item)
        elif isinstance(item, dict):
            stack.extend(item.values())


def _is_call(value: list[Json]) -> bool:
    return len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int


def _less_one(value: Json, name: str) -> Json:
    if isinstance(value, list):
        if _is_call(value) and value[0] == name:
            return [name, value[1] - 1, *(_less_one(item, name) for item in value[2:])]
        return [_less_one(item, name) for item in value]
    if isinstance(value, dict):
        return {key: _less_one(item, name) for key, item in value.items()}
    return value
