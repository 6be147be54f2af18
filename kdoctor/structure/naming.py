"""Names of layers inside one model, and the edits that change them everywhere they are used."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import Json
from kdoctor.edit import Edit
from kdoctor.structure.layers import layer_list
from kdoctor.structure.objects import Node

# Where a model's config refers to its layers by name.
REFERENCES = ("input_layers", "output_layers")


def rename(model: Node, names: Mapping[int, str], references: Mapping[str, str]) -> tuple[Edit, ...]:
    """Edits that give the layers at these positions new names, and follow every reference to a renamed layer.

    Weights are not touched: Keras matches those of an ``.h5`` by order and those of a ``.keras`` by class.
    """
    items, at = layer_list(model)
    renamed = [_layer(item, names.get(index), references) for index, item in enumerate(items)]
    edits = [Edit(at, old=items, new=renamed)]
    for key in REFERENCES:
        if key in model.config:
            old = model.config[key]
            edits.append(Edit(model.at / "config" / key, old=old, new=_followed(old, references)))
    return tuple(edit for edit in edits if edit.old != edit.new)


def _layer(item: Json, name: str | None, references: Mapping[str, str]) -> Json:
    if not isinstance(item, dict):
        return item
    found = dict(item)
    if name is not None:
        if isinstance(found.get("config"), dict):
            found["config"] = {**found["config"], "name": name}
        if "name" in found:
            found["name"] = name
    if "inbound_nodes" in found:
        found["inbound_nodes"] = _followed(found["inbound_nodes"], references)
    return found


def _followed(value: Json, references: Mapping[str, str]) -> Json:
    """The same structure with the first item of every ``[name, node, tensor, …]`` renamed."""
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int and type(value[2]) is int:
            return [references.get(value[0], value[0]), *(_followed(item, references) for item in value[1:])]
        return [_followed(item, references) for item in value]
    if isinstance(value, dict):
        return {key: _followed(item, references) for key, item in value.items()}
    return value


def fresh(name: str, taken: set[str]) -> str:
    """The name itself, or with the first free number behind it."""
    number, found = 1, name
    while found in taken:
        found = f"{name}_{number}"
        number += 1
    return found
