"""An axis of 1 that a layer of an earlier release keeps in what it returns: given back by a Reshape behind the layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.replacements.small_layers import small_layer
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh

TITLE: Final = "give the axis back with a Reshape behind the layer"


def reshaped(document: Document, model: Model, layer: Layer, shape: Sequence[int | None], **told: Json) -> tuple[Edit, ...] | None:
    """Edits of a Keras 3 document, with which a layer without weights, told this anew, returns a tensor of this shape (batch first).

    In a Functional they are those of a ``.keras``: the graph is a layer deeper there, and an ``.h5`` goes by the order of its layers. None where
    the shape leaves more than one length open, or the calls are none of Keras 3's.
    """
    lengths = [-1 if length is None else length for length in shape[1:]]
    if lengths.count(-1) > 1:
        return None
    items, at = layer_list(model.node)
    names = {each.key for each in model.layers}
    made = _reshape(layer, fresh(f"{layer.key}_axis", names), lengths)
    if not model.functional:
        kept = {key: value for key, value in made.items() if key not in ("name", "inbound_nodes")}
        before = {**layer.node.raw, "config": {**layer.node.config, **told}}
        return (Edit(at, old=items, new=[*items[: layer.number], before, kept, *items[layer.number + 1 :]]),)
    calls = layer.node.raw.get("inbound_nodes")
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        return None
    inner = fresh(f"{layer.key}_flat", names)
    before = {**layer.node.raw, "name": inner, "config": {**layer.node.config, **told, "name": inner}}
    behind = _reshape(layer, layer.key, lengths)
    behind["inbound_nodes"] = [_call(inner, number) for number in range(len(calls))]
    listed = [each for index, item in enumerate(items) for each in ((before, behind) if index == layer.number else (item,))]
    return with_arrays(document, (Edit(at, old=items, new=ordered(listed, model.node.config.get("output_layers"))),))


def _reshape(layer: Layer, name: str, lengths: list[int]) -> dict[str, Json]:
    told = {key: layer.node.config[key] for key in ("dtype",) if layer.node.config.get(key) is not None}
    return small_layer("Reshape", name, [name], **told, target_shape=lengths)


def _call(source: str, number: int) -> Json:
    (call,) = small_layer("Reshape", source, [source])["inbound_nodes"]
    call["args"][0]["config"]["keras_history"] = [source, number, 0]
    return call
