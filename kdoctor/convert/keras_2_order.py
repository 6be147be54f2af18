"""The order of layers in a Functional model for Keras 2, which goes by their depth as Keras 3 does: a layer more or less on one way through the
model changes it, and arrays are found by that order alone (functional.py, _map_graph_network; read in 2.9 and 2.15, run in 2.15).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kdoctor.document import Document, Json
from kdoctor.edit import apply
from kdoctor.replacements.graph_order import moves, ordered
from kdoctor.structure.call_numbers import less_one
from kdoctor.structure.objects import MODELS
from kdoctor.weights.rearrange import edits


def in_order(before: Json, native: Document, said: Json) -> tuple[Document, Json]:
    """A document in the words of Keras 3, and its config in those of Keras 2, both with the layers in the order of Keras 2.

    ``before``: the config as Keras 3 saved it, whose graph may be another.
    """
    placed, config = _sorted(before, native.config, said)
    if placed is native.config:
        return native, config
    after = native.replacing({**native.parts, "config": placed})
    return apply(after, edits(after, moves(native, after))), config


def _sorted(before: Json, native: Json, said: Json) -> tuple[Json, Json]:
    if not all(isinstance(model, Mapping) and isinstance(model.get("config"), Mapping) for model in (before, native, said)):
        return native, said
    old, own, new = (model["config"].get("layers") for model in (before, native, said))
    if not isinstance(old, list) or not isinstance(own, list) or not isinstance(new, list):
        return native, said
    was, now = _by_name(old), _by_name(new)
    pairs = [_sorted(was.get(_name(layer)), layer, now.get(_name(layer))) for layer in own]
    held = {_name(layer): pair[1] for layer, pair in zip(own, pairs, strict=True) if _name(layer) in now}
    inside, told = [pair[0] for pair in pairs], [held.get(_name(layer), layer) for layer in new]
    if "output_layers" in said["config"]:
        inside, told = _permuted(before, inside, told, said)
    if all(one is other for one, other in zip(inside, own, strict=True)):
        return native, said
    return _with_layers(native, inside), _with_layers(said, told)


def _with_layers(model: Json, layers: list[Json]) -> Json:
    return {**model, "config": {**model["config"], "layers": layers}}


def _permuted(before: Json, native: list[Json], said: list[Json], model: Json) -> tuple[list[Json], list[Json]]:
    """The layers of one Functional: as they are unless Keras 2 has them in another order than Keras 3."""
    names = {_name(layer) for layer in native} & {_name(layer) for layer in said}
    order = _of_keras_2(said, model["config"].get("output_layers"))
    now = [name for layer in order if (name := _name(layer)) in names]
    was = [name for layer in ordered(before["config"]["layers"], before["config"].get("output_layers")) if (name := _name(layer)) in names]
    if now == was:
        return native, said
    places = {name: index for index, name in enumerate(now)}
    return sorted(native, key=lambda layer: places.get(_name(layer), len(places))), order


def _of_keras_2(layers: list[Json], ends: Json) -> list[Json]:
    """The order, which is found from calls counted as Keras 3 counts them: from 1 only those of a Functional where the model ends."""
    nested = {_name(layer): layer["class_name"] for layer in layers if layer.get("class_name") in MODELS}
    every, stacks = frozenset(nested), frozenset(name for name, kind in nested.items() if kind == "Sequential")
    plain = [{**layer, "inbound_nodes": less_one(layer.get("inbound_nodes", []), every)} for layer in layers]
    own = _by_name(layers)
    return [own[_name(layer)] for layer in ordered(plain, less_one(ends, stacks))]


def _by_name(layers: Sequence[Json]) -> dict[str, Json]:
    return {_name(layer): layer for layer in layers}


def _name(layer: Json) -> str:
    """The name that connections use, or that of a layer in a Sequential."""
    config = layer.get("config") if isinstance(layer, Mapping) else None
    return str(layer.get("name", config.get("name") if isinstance(config, Mapping) else None)) if isinstance(layer, Mapping) else ""
