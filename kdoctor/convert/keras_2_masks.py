"""A model of Keras 3 without the masks that it writes down, where Keras 2 makes the same ones by itself.

Keras 3.6 and later save what masks are made of as operations beside the layers (NotEqual, Any, LogicalOr), and name them in the calls.
"""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.convert.mask_flow import MASK, Flow, Habits
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document, Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.pointer import Pointer
from kdoctor.structure.naming import fresh
from kdoctor.structure.objects import as_node, model_of, objects
from kdoctor.structure.sources import Source, tensors
from kdoctor.target import Target

SEEN_LATER = "the steps that are masked in what comes out count in the loss, as they did not: Keras 2 hands that mask on otherwise"

UNLIKE = "the steps that are masked in what comes out of a MultiHeadAttention are zeros in Keras 3, and something else in Keras 2"


def without_masks(document: Document, target: Target) -> tuple[Document, tuple[str, ...]]:
    """The document, and what to say of it. Raises `NotConvertible` where a layer would heed another mask in Keras 2."""
    model = model_of(document)
    makers = [node for node in objects(document) if node.class_name == "Masking" or bool(node.config.get("mask_zero"))]
    if model is None or not makers:
        return document, ()
    flow = Flow(Habits(habits.MASKS_ATTENTION.of(target), habits.ZEROES_HIDDEN_QUERIES.at(document.saved_by().keras)))
    ends = flow.through(model)
    if any(end.unlike for end in ends):
        raise NotConvertible(UNLIKE)
    notes = (SEEN_LATER,) if isinstance(document.training, Mapping) and any(end.keras_3 != end.keras_2 for end in ends) else ()
    config = _stopped(_bare(document.config), flow.stops)
    return document.replacing({**document.parts, "config": config}), notes


def _bare(value: Json) -> Json:
    """A model without the masks that it makes by operations, and without what only they need."""
    config = value.get("config") if isinstance(value, Mapping) else None
    if not isinstance(config, Mapping) or not isinstance(config.get("layers"), list):
        return value
    layers = [_bare(layer) for layer in config["layers"]]
    if "output_layers" in config:
        operations = {layer["name"] for layer in layers if _is_operation(layer)}
        layers = _needed([_unmasked(layer, operations) for layer in layers], config)
    return {**value, "config": {**config, "layers": layers}}


def _unmasked(layer: Json, operations: set[str]) -> Json:
    nodes = layer.get("inbound_nodes")
    if not isinstance(nodes, list):
        return layer
    return {**layer, "inbound_nodes": [_call(node, operations) for node in nodes]}


def _call(node: Json, operations: set[str]) -> Json:
    named = node.get("kwargs") if isinstance(node, Mapping) else None
    if not isinstance(named, Mapping) or not any(source.layer in operations for source in tensors(named.get(MASK))):
        return node
    return {**node, "kwargs": {key: value for key, value in named.items() if key != MASK}}


def _needed(layers: list[Json], config: Mapping[str, Json]) -> list[Json]:
    """Those that are no operations, and the operations that something takes."""
    while True:
        used = {source.layer for layer in layers for source in tensors(layer.get("inbound_nodes"))}
        used |= {source.layer for source in tensors(config.get("output_layers"))}
        kept = [layer for layer in layers if layer["name"] in used or not _is_operation(layer)]
        if len(kept) == len(layers):
            return kept
        layers = kept


def _is_operation(layer: Json) -> bool:
    node = as_node(layer, Pointer("config"))
    return node is not None and of_keras_3(node)


def _stopped(value: Json, stops: set[tuple[str, int]]) -> Json:
    """The outermost model with a layer that drops the mask before each of these calls: Keras 2's Rescaling, which hands none on."""
    if not stops:
        return value
    listed: list[Json] = []
    taken = {layer["name"] for layer in value["config"]["layers"]}
    for layer in value["config"]["layers"]:
        nodes = list(layer.get("inbound_nodes") or ())
        for number in (number for number in range(len(nodes)) if (layer["name"], number) in stops):
            args = nodes[number]["args"]
            made: dict[Source, str] = {}
            for source in tensors(args):
                made.setdefault(source, fresh(f"{layer['name']}_unmasked", taken))
                taken.add(made[source])
            listed += [_stop(name, source, layer["config"].get("dtype", "float32")) for source, name in made.items()]
            nodes[number] = {**nodes[number], "args": _redirected(args, made)}
        listed.append({**layer, "inbound_nodes": nodes})
    return {**value, "config": {**value["config"], "layers": listed}}


def _stop(name: str, source: Source, dtype: Json) -> dict[str, Json]:
    found = {"module": "keras.layers", "class_name": "Rescaling", "registered_name": None, "name": name}
    calls = [{"args": [_tensor(source)], "kwargs": {}}]
    return {**found, "config": {"name": name, "dtype": dtype, "scale": 1.0, "offset": 0.0}, "inbound_nodes": calls}


def _tensor(source: Source) -> dict[str, Json]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [*source]}}


def _redirected(value: Json, made: Mapping[Source, str]) -> Json:
    if isinstance(value, list):
        return [_redirected(item, made) for item in value]
    found = tensors(value)
    return _tensor(Source(made[found[0]], 0, 0)) if found and found[0] in made else value
