"""The group of an ``.h5`` that a nested model shares with whatever is around it, without the arrays of layers that go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer
from kdoctor.structure.objects import Node, as_node

STORED: Final = "/model_weights/"


def group_of(document: Document, nested: Node) -> str | None:
    """The layer of the outermost model that a nested model is, or stands in: its group holds all their arrays."""
    keys = nested.at.keys
    for end in range(1, len(keys) + 1):
        at = Pointer(nested.at.part, keys[:end])
        node = as_node(document.at(at), at)
        if node is not None:
            return node.name
    return None


def arrays_of(document: Document, group: str, layers: Iterable[Layer], others: Iterable[Layer]) -> list[str] | None:
    """The names in the group's list that belong to the layers; None where one may be theirs as well as others'."""
    listed = document.attributes.get(STORED + group, {}).get("weight_names")
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        return None
    own, foreign = ({name for layer in some for name in _names(layer.node.raw)} for some in (layers, others))
    found = []
    for name in listed:
        steps = set(name.split("/")[:-1])
        if bool(steps & own) == bool(steps & foreign):
            return None
        found += [name] if steps & own else []
    return found


def without(document: Document, group: str, names: Iterable[str]) -> tuple[Edit, ...]:
    """The edits that take the arrays of these names out of the group."""
    gone = set(names)
    at = Pointer("attributes", (STORED + group, "weight_names"))
    listed = document.at(at)
    paths = [f"{STORED[1:]}{group}/{name}" for name in gone]
    left = {step for path in {*document.weights} - {*paths} for step in _folders(f"/{path}")}
    empty = sorted({step for path in paths for step in _folders(f"/{path}")} & {*document.attributes} - left)
    return (
        Edit(at, old=listed, new=[name for name in listed if name not in gone]),
        *(Edit(Pointer("weights", (path,)), old=document.weights[path], new=ABSENT) for path in paths if path in document.weights),
        *(Edit(Pointer("attributes", (path,)), old=document.attributes[path], new=ABSENT) for path in empty if path != STORED + group),
    )


def _names(value: Json) -> Iterator[str]:
    """The names of a layer and of all layers in it."""
    if isinstance(value, Mapping):
        config = value.get("config")
        if "class_name" in value and isinstance(config, Mapping) and isinstance(config.get("name"), str):
            yield config["name"]
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def _folders(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
