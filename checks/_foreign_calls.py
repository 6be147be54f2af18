"""Calls that are numbered through all models: Keras 3.0 and 3.1 save a tensor with the number of its layer's call wherever that call was made,
and read it as the number among the calls of this model alone (serialize_node in models/functional.py; ``own_nodes`` since 3.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model
from kdoctor.structure.shared_layers import number_of, numbered
from kdoctor.structure.sources import TENSOR
from kdoctor.target import Target

Numbers = Mapping[str, Mapping[int, int]]


def foreign_calls(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    """The layers of a model whose calls are numbered with those of other models (K604)."""
    if not target.keras_3:
        return
    known = {layer.key: layer for layer in model.layers}
    users = _users(model)
    for key, numbers in numbers_of_others(document, model).items():
        if known[key].class_name == "Sequential" and {*numbers} == {*range(1, len(numbers) + 1)}:
            continue  # told as one that is counted from 1
        places = [(layer.at / "inbound_nodes", layer.node.raw.get("inbound_nodes")) for layer in users.get(key, ())]
        edits = tuple(Edit(at, old=old, new=new) for at, old in places if (new := _renumbered(old, key, numbers)) != old)
        yield Finding(
            known[key].at,
            f"the calls of {key!r} are numbered with those that other models made of it, which {target} does not have here",
            repair=Repair("number those of this model alone", edits),
            layer=known[key].name,
            keras_says="ValueError: Layer node index out of bounds.",
        )


def _users(model: Model) -> Mapping[str, list[Layer]]:
    """The layers that take an output of each layer."""
    found: dict[str, list[Layer]] = {}
    for layer in model.layers:
        for key in dict.fromkeys(source.layer for sources in layer.calls for source in sources):
            found.setdefault(key, []).append(layer)
    return found


def numbers_of_others(document: Document, model: Model) -> Numbers:
    """For each layer with as many numbers in use as it has calls, and one of them too high, the number that each must have.

    Numbers grow with the calls, and the calls are stored in that order: as many numbers as calls leave one way alone. A layer that Keras
    makes one with another model's has its calls counted in both, and is left out.
    """
    if not habits.NUMBERS_CALLS_OF_ALL_MODELS.at(document.saved_by().keras):
        return {}
    used: dict[str, set[int]] = {}
    listed: set[str] = set()
    for layer in model.layers:
        for index, sources in enumerate(layer.calls):
            for source in sources:
                used.setdefault(source.layer, set()).add(source.call)
                if not in_words_of_keras_3(layer, index):
                    listed.add(source.layer)
    found, ids = {}, numbered(document)
    for layer in model.layers:
        numbers = used.get(layer.key, set())
        if layer.key not in listed and not _shared(layer, ids) and len(numbers) == len(layer.calls) <= max(numbers, default=-1):
            found[layer.key] = {old: new for new, old in enumerate(sorted(numbers))}
    return found


def _shared(layer: Layer, ids: Mapping[int, int]) -> bool:
    """Whether Keras makes the layer one with another's, or could: a nested model whose number stands alone is one of its own."""
    number = number_of(layer)
    return number is not None and (not is_model(layer.node) or ids[number] > 1)


def in_words_of_keras_3(layer: Layer, index: int) -> bool:
    """Whether a call is stored as ``{"args": […], "kwargs": {…}}``."""
    nodes = layer.node.raw.get("inbound_nodes")
    return isinstance(nodes, list) and index < len(nodes) and isinstance(nodes[index], Mapping)


def _renumbered(value: Json, name: str, numbers: Mapping[int, int]) -> Json:
    if isinstance(value, list):
        return [_renumbered(item, name, numbers) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == TENSOR and isinstance(config := value.get("config"), dict):
        history = config.get("keras_history")
        if isinstance(history, list) and len(history) == 3 and history[0] == name and type(history[1]) is int:
            return {**value, "config": {**config, "keras_history": [name, numbers.get(history[1], history[1]), history[2]]}}
    return {key: _renumbered(item, name, numbers) for key, item in value.items()}
