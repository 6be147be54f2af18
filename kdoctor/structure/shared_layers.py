"""Layers that stand in several models of one archive, and are one layer: Keras gives them a number, ``shared_object_id``.

Source: ObjectSharingScope in Keras's saving/serialization_lib.py, 2.13 to 3.15. (TensorFlow 2.13 and 2.15, run on such files, make two layers of
every pair, whatever the numbers.) It writes the number on both entries when it meets the object
for the second time, and makes one object of both when it loads. A nested model hands out a copy of its entries (``Functional.get_config``),
so that the number never reaches the first entry where that stands in a nested model: two layers are made, with the weights of one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.edit import same
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model, layers
from kdoctor.structure.models import Model, models
from kdoctor.structure.objects import as_node

NUMBER = "shared_object_id"
WRAPPED: Final = "layer"  # a wrapper's argument


class Pair(NamedTuple):
    """Two entries of one layer, in the order in which Keras makes them: the second becomes the first."""

    first: Layer
    later: Layer


@lru_cache(maxsize=4)
def twins(document: Document) -> Mapping[Pointer, Pair]:
    """The later entries that become an earlier one on loading, where the model then computes what was saved."""
    return _alike(document, {pair.later.at: pair for pair in _numbered(document)})


def strayed(document: Document) -> tuple[Pair, ...]:
    """Entries with a number beside the only earlier one that can be meant, which has lost it; with it the two compute what was saved."""
    found = tuple(_lost(document))
    kept = _alike(document, {pair.later.at: pair for pair in pairs(document)})
    return tuple(pair for pair in found if pair.later.at in kept)


def apart(document: Document) -> tuple[Pair, ...]:
    """Entries of one layer that are not called alike: as one layer, Keras takes the first one's call for the later one's."""
    kept = _alike(document, {pair.later.at: pair for pair in pairs(document)})
    return tuple(pair for pair in pairs(document) if pair.later.at not in kept)


@lru_cache(maxsize=4)
def pairs(document: Document) -> tuple[Pair, ...]:
    """The entries of one layer, however they are called: what was one when the model was saved."""
    return tuple({pair.later.at: pair for pair in (*_numbered(document), *_lost(document))}.values())


@lru_cache(maxsize=4)
def met_before(document: Document) -> frozenset[Pointer]:
    """The entries of layers, and of models, that were saved with an earlier entry."""
    later = {pair.later.at for pair in pairs(document)}
    if not later:
        return frozenset()
    apart_from_these = {layer.container for layer in layers(document) if layer.at not in later and not is_model(layer.node)}
    inside = {layer.container for layer in layers(document)}
    models_too = {
        layer.at
        for layer in layers(document)
        if is_model(layer.node) and NUMBER in layer.node.raw and layer.at in inside and layer.at not in apart_from_these
    }
    return frozenset(later | models_too)


def number_of(layer: Layer) -> int | None:
    found = layer.node.raw.get(NUMBER)
    return found if type(found) is int else None


@lru_cache(maxsize=4)
def numbered(document: Document) -> Mapping[int, int]:
    """How many entries have each number."""
    return Counter(number for layer in layers(document) if (number := number_of(layer)) is not None)


@lru_cache(maxsize=4)
def _single(document: Document) -> tuple[Layer, ...]:
    """Layers that are no models, as Keras makes them: those of a nested model where it stands, what is wrapped behind its wrapper. None where
    no layer has a number."""
    rows: list[Layer] = []
    for row in layers(document):
        if not is_model(row.node):
            rows.append(row)
            rows += _wrapped(row) if WRAPPED in row.node.config else ()
    return tuple(rows) if any(NUMBER in layer.node.raw for layer in rows) else ()


def _wrapped(row: Layer) -> Iterator[Layer]:
    """The layer in a wrapper, which is no model."""
    inner = as_node(row.node.config.get(WRAPPED), row.at / "config" / WRAPPED)
    if inner is not None and not is_model(inner):
        name = inner.name or ""
        yield row._replace(node=inner, name=name, key=name, parents=(*row.parents, row.name), calls=())


def is_wrapped(at: Pointer) -> bool:
    """Whether an entry stands in a wrapper, not in the list of a model."""
    return at.keys[-1:] == (WRAPPED,)


def _numbered(document: Document) -> Iterator[Pair]:
    first: dict[int, Layer] = {}
    for layer in _single(document):
        number = number_of(layer)
        if number is not None and first.setdefault(number, layer) is not layer:
            yield Pair(first[number], layer)


def _lost(document: Document) -> Iterator[Pair]:
    numbered = {layer.name for layer in _single(document) if number_of(layer) is not None}
    plain: dict[tuple[str, str, str], dict[Pointer, list[Layer]]] = {}
    met: set[int] = set()
    for layer in _single(document) if numbered else ():
        number = number_of(layer)
        if layer.name not in numbered or number in met:
            continue
        alike = plain.setdefault(_words(layer), {})
        if number is None:
            alike.setdefault(layer.container, []).append(layer)
            continue
        met.add(number)
        if len(alike) - (layer.container in alike) == 1:  # in one other model
            meant = next(found for container, found in alike.items() if container != layer.container)
            if len(meant) == 1:
                yield Pair(meant[0], layer)


def _words(layer: Layer) -> tuple[str, str, str]:
    """What two entries of one layer have in common, as texts: of thousands of them no two have to be compared."""
    return layer.name, layer.class_name, json.dumps(_unnumbered(layer.node.raw["config"]), sort_keys=True)


def _unnumbered(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _unnumbered(item) for key, item in value.items() if key != NUMBER}
    return [_unnumbered(item) for item in value] if isinstance(value, list) else value


def _alike(document: Document, pairs: Mapping[Pointer, Pair]) -> Mapping[Pointer, Pair]:
    """The pairs whose calls are the same in both models, back to a shared input.

    Keras counts the calls of one layer through all models: what refers to its first call gets that of the model made first.
    """
    if not pairs:
        return pairs
    around = {model.node.at: Around(model, {layer.key: layer for layer in model.layers}) for model in models(document)}
    needed = {at: _needed(around, pair, pairs) for at, pair in pairs.items()}
    users: dict[Pointer, list[Pointer]] = {}
    for at, others in needed.items():
        for other in others or ():
            users.setdefault(other, []).append(at)
    parted = {at for at, others in needed.items() if others is None}
    waiting = list(parted)
    while waiting:
        found = [user for user in users.get(waiting.pop(), ()) if user not in parted]
        parted.update(found)
        waiting += found
    return {at: pair for at, pair in pairs.items() if at not in parted}


class Around(NamedTuple):
    """A model and its layers by the names that connections use."""

    model: Model
    by_key: Mapping[str, Layer]


def _needed(around: Mapping[Pointer, Around], pair: Pair, pairs: Mapping[Pointer, Pair]) -> list[Pointer] | None:
    """The later entries of the layers that both are called with; None where the two are not called alike."""
    if pair.later.class_name == "InputLayer" or is_wrapped(pair.first.at) or is_wrapped(pair.later.at):
        return []  # what a wrapper does with its layer is no call that Keras counts
    first, later = around.get(pair.first.container), around.get(pair.later.container)
    if first is None or later is None or not _same_words((first.model, pair.first), (later.model, pair.later)):
        return None
    ours, theirs = _inputs(first, pair.first), _inputs(later, pair.later)
    if ours is None or theirs is None or len(ours) != len(theirs):
        return None
    needed: list[Pointer] = []
    for one, other in zip(ours, theirs, strict=True):
        if one is None or other is None or _end(one, pairs) != _end(other, pairs):
            return None
        needed += [layer.at for layer in (one, other) if layer.at in pairs]
    return needed


def _end(layer: Layer, pairs: Mapping[Pointer, Pair]) -> Pointer:
    return pairs[layer.at].first.at if layer.at in pairs else layer.at


def _same_words(*calls: tuple[Model, Layer]) -> bool:
    """Whether the calls say the same besides their tensors; a Sequential calls its layers with nothing else."""
    words = [layer.node.raw.get("inbound_nodes") for model, layer in calls if model.functional]
    if len(words) == len(calls) and same(words[0], words[1]):
        return True
    return all(isinstance(word, list) and all(isinstance(call, dict) and call.get("kwargs") == {} for call in word) for word in words)


def _inputs(around: Around, layer: Layer) -> list[Layer | None] | None:
    """The layers that each call of a layer takes its tensors from, each its first output; None where two calls differ in that."""
    own = around.model.layers
    if not around.model.functional:
        return [own[layer.number - 1]] if 0 < layer.number < len(own) and own[layer.number] is layer else None
    taken = {tuple((source.layer, source.output) for source in call) for call in layer.calls}
    if len(taken) != 1 or not (only := taken.pop()):
        return None
    return [around.by_key.get(name) if output == 0 else None for name, output in only]
