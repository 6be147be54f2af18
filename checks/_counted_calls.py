"""Nested models whose calls a file counts from 1, as Keras 2 did, for which a model's own making was its first call. Keras 3 counts from 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import TypeAlias

from kdoctor.check import Finding, Repair
from kdoctor.document import ABSENT, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.retired import OPERATION_LAYERS
from kdoctor.native_config import native_call
from kdoctor.pointer import Pointer
from kdoctor.structure.call_numbers import counted_from_one, less_one, references
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model
from kdoctor.structure.sources import as_source

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
    operations = {layer.at for layer in model.layers if layer.class_name in OPERATION_LAYERS}
    from_one = counted_from_one([layer.node for layer in model.layers], model.node.config.get("output_layers"))
    for inner in (layer for layer in model.layers if layer.key in from_one and layer.class_name != "Sequential"):
        within = [place for place in named.get(inner.key, ()) if place != ends]  # ends are counted from 1 in Keras 3, too
        first = min(number for _, connections in within for name, number in references(connections) if name == inner.key)
        if first > 1:  # operations are written anew by K603, which knows how they count as long as theirs are lists
            within = [(at, connections) for at, connections in within if at.parent not in operations]
        yield _counted(inner, "model", within, _less_one_of_model if first == 1 else _in_words_of_keras_3)


def _counted(nested: Layer, what: str, places: Iterable[Place], recounted: Callable[[Json, str], Json]) -> Finding:
    edits = tuple(Edit(at, old=old, new=new) for at, old in places if (new := recounted(old, nested.key)) != old)
    return Finding(
        nested.at,
        f"the calls of the nested {what} {nested.name!r} are counted from 1",
        repair=None if not edits or any(edit.new is ABSENT for edit in edits) else Repair("count them from 0", edits, first=True),
        layer=nested.name,
        keras_says=INVALID,
    )


def _less_one_of_model(value: Json, name: str) -> Json:
    return less_one(value, frozenset({name}))


def _in_words_of_keras_3(calls: Json, name: str) -> Json:
    """The same of a model whose first call makes an output alone: 1 to n - 1 would be taken for counted from 1 again, but not in Keras 3's form.

    ABSENT where a call is none of those that the form has words for.
    """
    found: list[Json] = []
    for call in calls if isinstance(calls, list) else ():
        refers = any(layer == name for layer, _ in references(call))
        if refers and not (isinstance(call, list) and all(as_source(entry) is not None for entry in call)):
            return ABSENT
        found.append(native_call(_less_one_of_model(call, name)) if refers else call)
    return found


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
