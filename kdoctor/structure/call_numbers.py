"""How calls of nested models are numbered: Keras 2 counted a model's own making as its first call, Keras 3 does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node


def counted_from_one(layers: Sequence[Node], outputs: Json = None) -> frozenset[str]:
    """The names of the models among a Functional's layers whose n calls are referred to as 1 to n in connections of Keras 2's form.

    ``outputs`` are the model's ``output_layers``, where even Keras 3 counts the calls of a nested Functional from 1, and tells nothing by it. Those
    of a Sequential it counts from 0: there every call is referred to somewhere.
    """
    stacks = {_key(node) for node in layers if node.class_name == "Sequential"}
    nested = {_key(node): len(calls) for node in layers if is_model(node) and isinstance(calls := node.raw.get("inbound_nodes"), list)}
    used: dict[str, set[int]] = {}
    for node in layers if nested else ():
        for name, call in references(node.raw.get("inbound_nodes")):
            if name in nested:
                used.setdefault(name, set()).add(call)
    for name, call in references(outputs) if used else ():
        if name in used and name in stacks:
            used[name].add(call)
    return frozenset(name for name, numbers in used.items() if min(numbers) >= 1 and max(numbers) <= nested[name])


def less_one(value: Json, names: frozenset[str]) -> Json:
    """The same connections with the calls of these models counted from 0; what is written in Keras 3's form is left as it is."""
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and value[0] in names and type(value[1]) is int:
            return [value[0], value[1] - 1, *(less_one(item, names) for item in value[2:])]
        return [less_one(item, names) for item in value]
    if isinstance(value, dict) and "args" not in value and value.get("class_name") != "__keras_tensor__":
        return {key: less_one(item, names) for key, item in value.items()}
    return value


def ends_of_model(document: Document, at: Pointer) -> tuple[Edit, ...]:
    """The edits that go with a nested Functional put in the place of a layer: ``output_layers`` count its calls from 1, even in Keras 3."""
    place = at.parent.parent / "output_layers"
    ends = document.at(place) if len(at.keys) > 1 and at.keys[-2] == "layers" else ABSENT
    stored = document.at(at)
    beside = stored.get("name")
    name = beside if isinstance(beside, str) else stored["config"].get("name")
    changed = _one_more(ends, str(name)) if ends is not ABSENT else ends
    return () if changed == ends else (Edit(place, old=ends, new=changed),)


def _one_more(value: Json, name: str) -> Json:
    if isinstance(value, list):
        if len(value) == 3 and value[0] == name and type(value[1]) is int:
            return [name, value[1] + 1, value[2]]
        return [_one_more(item, name) for item in value]
    return {key: _one_more(item, name) for key, item in value.items()} if isinstance(value, dict) else value


def references(value: Json) -> Iterator[tuple[str, int]]:
    """Each layer and the number of its call that connections of Keras 2's form refer to; what is in Keras 3's form is passed over."""
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int and type(value[2]) is int:
            yield value[0], value[1]
        for item in value:
            yield from references(item)
    elif isinstance(value, dict) and "args" not in value and value.get("class_name") != "__keras_tensor__":
        for item in value.values():
            yield from references(item)


def _key(node: Node) -> str:
    beside = node.raw.get("name")
    return beside if isinstance(beside, str) else node.name or ""
