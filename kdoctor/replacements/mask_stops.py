"""A layer behind another one that hands its values on and not its mask: a Permute that leaves the axes as they are, which no Keras makes masks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.native_config import keras_tensor
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.layers_behind import layers_behind
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh
from kdoctor.structure.sources import TENSOR, Source, tensors

CLASS, ENDING = "Permute", "unmasked"
STOP: Final[Mapping[str, Json]] = {"module": "keras.layers", "class_name": CLASS, "registered_name": None}


def stopping_masks(document: Document, model: Model, found: Mapping[int, int], layers: Sequence[Layer]) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document. ``found``: the number of axes, the batch included, by the number of the layer in the model."""

    def stop(layer: Layer) -> tuple[str, dict[str, Json]]:
        return CLASS, _config(layer, found[layer.number])

    return layers_behind(document, model, layers, stop, ENDING)


def stopping_before(document: Document, model: Model, layer: Layer, axes: Sequence[int]) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document: the one call of a merging layer takes its tensors without their masks; ``axes``: of each, as above."""
    stops = stops_of(model, {source: (layer, number) for source, number in zip(layer.calls[0], axes, strict=True)})
    items, at = layer_list(model.node)
    tensors = [keras_tensor(Source(stops[source]["name"], 0, 0)) for source in layer.calls[0]]
    written = list(items)
    written[layer.number] = {**items[layer.number], "inbound_nodes": [{"args": [tensors], "kwargs": {}}]}
    return with_arrays(document, [Edit(at, old=items, new=ordered([*written, *stops.values()], model.node.config.get("output_layers")))])


def stops_of(model: Model, found: Mapping[Source, tuple[Layer, int]]) -> dict[Source, dict[str, Json]]:
    """The layer that stops the mask of each tensor, which has so many axes, for the layer that takes it."""
    taken = {one.key for one in model.layers} | {one.name for one in model.layers}
    stops: dict[Source, dict[str, Json]] = {}
    for source, (layer, axes) in found.items():
        name = fresh(f"{source.layer}_{ENDING}", taken)
        taken.add(name)
        config = {"name": name, "trainable": True, **_config(layer, axes)}
        stops[source] = {**STOP, "config": config, "name": name, "inbound_nodes": [{"args": [keras_tensor(source)], "kwargs": {}}]}
    return stops


def _config(layer: Layer, axes: int) -> dict[str, Json]:
    return {"dtype": layer.node.config.get("dtype", "float32"), "dims": list(range(1, axes))}


def without_masks(
    document: Document, model: Model, taken: Mapping[tuple[int, int], Sequence[Source]], axes: Mapping[Source, tuple[Layer, int]]
) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document: calls, by the numbers of layer and call, take these tensors without their masks; ``axes``: as in `stops_of`."""
    stops = stops_of(model, axes)
    items, at = layer_list(model.node)
    written = list(items)
    for (number, call), sources in taken.items():
        nodes = list(written[number]["inbound_nodes"])
        nodes[call] = _instead(nodes[call], {source: Source(stops[source]["name"], 0, 0) for source in sources})
        written[number] = {**written[number], "inbound_nodes": nodes}
    return with_arrays(document, [Edit(at, old=items, new=ordered([*written, *stops.values()], model.node.config.get("output_layers")))])


def _instead(value: Json, others: Mapping[Source, Source]) -> Json:
    """A call in Keras 3's words with other tensors in the place of some."""
    if isinstance(value, dict) and value.get("class_name") == TENSOR:
        (source,) = tensors(value)
        return keras_tensor(others[source]) if source in others else value
    if isinstance(value, dict):
        return {key: _instead(item, others) for key, item in value.items()}
    return [_instead(item, others) for item in value] if isinstance(value, list) else value
