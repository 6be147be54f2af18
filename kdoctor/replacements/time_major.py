"""A recurrent layer of Keras 2 that took its input time first, between two transpositions: the same numbers from Keras 3."""

from __future__ import annotations

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh

ARGUMENT = "time_major"
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})
AXES = [1, 0, 2]  # time and batch exchanged


def batch_first(document: Document, model: Model, layer: Layer) -> tuple[Edit, ...] | None:
    """Edits of a ``.keras`` document; None where the layer is called more than once or with more than one tensor, or in no graph."""
    if not model.functional or layer.class_name not in RECURRENT or len(layer.calls) != 1 or len(layer.calls[0]) != 1:
        return None
    (source,) = layer.calls[0]
    items, at = layer_list(model.node)
    taken = {each.key for each in model.layers}
    before, after = fresh(f"{layer.key}_batch_first", taken), fresh(f"{layer.key}_time_first", taken)
    found: list[Json] = []
    for index, item in enumerate(items):
        if index != layer.number:
            found.append(_redirected(item, layer.key, after) if layer.node.config.get("return_sequences") else item)
            continue
        config = {name: value for name, value in layer.node.config.items() if name != ARGUMENT}
        found.append(_transposition(before, [source.layer, source.call, source.output]))
        found.append({**item, "config": config, "inbound_nodes": [[[before, 0, 0, {}]]]})
        if config.get("return_sequences"):
            found.append(_transposition(after, [layer.key, 0, 0]))
    outputs: Json = model.node.config.get("output_layers")
    ends = _redirected(outputs, layer.key, after) if layer.node.config.get("return_sequences") else outputs
    edits = [Edit(at, old=items, new=ordered(found, ends))]
    if ends != outputs:
        edits.append(Edit(model.node.at / "config" / "output_layers", old=outputs, new=ends))
    return with_arrays(document, edits)


def _transposition(name: str, history: list[Json]) -> Json:
    """Keras resolves the tensor by its history alone (functional.deserialize_node)."""
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, None, None], "dtype": "float32", "keras_history": history}}
    return {
        "module": "keras.src.ops.numpy", "class_name": "Transpose", "config": {"name": name, "axes": AXES}, "registered_name": "Transpose",
        "name": name, "inbound_nodes": [{"args": [tensor], "kwargs": {}}],
    }  # fmt: skip


def _redirected(value: Json, name: str, to: str) -> Json:
    """References to a layer's first output, in any form, led to another layer; those to its states stay."""
    if isinstance(value, list):
        if len(value) >= 3 and value[:3] == [name, 0, 0]:
            return [to, *value[1:]]
        return [_redirected(item, name, to) for item in value]
    if isinstance(value, dict):
        return {key: _redirected(item, name, to) for key, item in value.items()}
    return value
