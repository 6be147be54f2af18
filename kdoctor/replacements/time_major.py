"""A recurrent layer of Keras 2 that took its input time first, between two transpositions: the same numbers from Keras 3."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.pointer import Pointer
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.naming import fresh

ARGUMENT = "time_major"
RECURRENT = frozenset({"LSTM", "GRU", "SimpleRNN"})
AXES = [1, 0, 2]  # time and batch exchanged


def takes_time_first(model: Model, layer: Layer) -> bool:
    """Whether it is a layer that `batch_first` can say: in a graph, and called once with one tensor."""
    connected = model.functional and len(layer.calls) == 1 and len(layer.calls[0]) == 1
    return connected and layer.class_name in RECURRENT and layer.node.config.get(ARGUMENT) is True


@lru_cache(maxsize=4)
def batch_first(document: Document, at: Pointer) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document for all such layers of the model that stands there: they change one list, and the order of its arrays."""
    model = next(each for each in all_models(document) if each.node.at == at)
    turned = {layer.number: layer for layer in model.layers if takes_time_first(model, layer)}
    taken = {each.key for each in model.layers}
    before, after = _names(turned, taken, "batch_first"), _names(turned, taken, "time_first")
    behind = {layer.key: after[number] for number, layer in turned.items() if layer.node.config.get("return_sequences")}
    items, listed = layer_list(model.node)
    found: list[Json] = []
    for index, item in enumerate(items):
        if index not in turned:
            found.append(_redirected(item, behind))
            continue
        layer = turned[index]
        source = layer.calls[0][0]
        config = {name: value for name, value in layer.node.config.items() if name != ARGUMENT}
        found.append(_transposition(before[index], _redirected([source.layer, source.call, source.output], behind)))
        found.append({**item, "config": config, "inbound_nodes": [[[before[index], 0, 0, {}]]]})
        if layer.key in behind:
            found.append(_transposition(after[index], [layer.key, 0, 0]))
    outputs: Json = model.node.config.get("output_layers")
    ends = _redirected(outputs, behind)
    edits = [Edit(listed, old=items, new=ordered(found, ends))]
    if ends != outputs:
        edits.append(Edit(at / "config" / "output_layers", old=outputs, new=ends))
    return with_arrays(document, edits)


def _names(turned: Mapping[int, Layer], taken: set[str], ending: str) -> dict[int, str]:
    """A name for a transposition of each layer, which joins those that are taken."""
    found = {}
    for number, layer in turned.items():
        found[number] = fresh(f"{layer.key}_{ending}", taken)
        taken.add(found[number])
    return found


def _transposition(name: str, history: list[Json]) -> Json:
    """Keras resolves the tensor by its history alone (functional.deserialize_node)."""
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": [None, None, None], "dtype": "float32", "keras_history": history}}
    return {
        "module": "keras.src.ops.numpy", "class_name": "Transpose", "config": {"name": name, "axes": AXES}, "registered_name": "Transpose",
        "name": name, "inbound_nodes": [{"args": [tensor], "kwargs": {}}],
    }  # fmt: skip


def _redirected(value: Json, to: Mapping[str, str]) -> Json:
    """References to the first output of layers, in any form, led to other layers; those to their states stay."""
    if isinstance(value, list):
        if len(value) >= 3 and isinstance(value[0], str) and value[0] in to and value[1:3] == [0, 0]:
            return [to[value[0]], *value[1:]]
        return [_redirected(item, to) for item in value]
    if isinstance(value, dict):
        return {key: _redirected(item, to) for key, item in value.items()}
    return value
