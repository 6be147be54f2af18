"""A layer behind another one that hands its values on and not its mask: a Permute that leaves the axes as they are, which no Keras makes masks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.native_config import keras_tensor
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh, rename
from kdoctor.structure.sources import Source


def stopping_masks(document: Document, model: Model, found: Mapping[int, int], layers: Sequence[Layer]) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document. ``found``: the number of axes, the batch included, by the number of the layer in the model."""
    taken = {layer.key for layer in model.layers} | {layer.name for layer in model.layers}
    stops: dict[int, Json] = {}
    for layer in layers:
        name = fresh(f"{layer.key}_unmasked", taken)
        taken.add(name)
        stops[layer.number] = _stop(layer, name, found[layer.number], model.functional)
    references = {layer.key: stops[layer.number]["name"] for layer in layers} if model.functional else {}
    items, at = layer_list(model.node)
    edits = rename(model.node, {}, references)
    written = next((edit.new for edit in edits if edit.at == at), items)
    new = [one for number, item in enumerate(written) for one in (item, *([stops[number]] if number in stops else []))]
    if model.functional:
        outputs = next((edit.new for edit in edits if edit.at.keys[-1] == "output_layers"), model.node.config.get("output_layers"))
        new = ordered(new, outputs)
    return with_arrays(document, [*(edit for edit in edits if edit.at != at), Edit(at, old=items, new=new)])


def _stop(layer: Layer, name: str, axes: int, functional: bool) -> dict[str, Json]:
    config = {"name": name, "trainable": True, "dtype": layer.node.config.get("dtype", "float32"), "dims": list(range(1, axes))}
    found: dict[str, Json] = {"module": "keras.layers", "class_name": "Permute", "config": config, "registered_name": None}
    if not functional:
        return found
    calls = [{"args": [keras_tensor(Source(layer.key, number, 0))], "kwargs": {}} for number in range(len(layer.calls))]
    return {**found, "name": name, "inbound_nodes": calls}
