"""Layers that handed no mask on in Keras 2 and do in Keras 3: Rescaling, Normalization and Identity, and ReLU before TensorFlow 2.6.

Whether each layer's output has a mask was run in TensorFlow 1.15, 2.3, 2.6, 2.9 and 2.15, in Keras 3.0.5 and 3.15.1 (2026-11-23).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from kdoctor.document import Document
from kdoctor.graph.masks import OF_ALL, hands_on, makes_mask
from kdoctor.graph.merged_masks import HEEDING, STOPPING, Joining, heard, masks_of
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model, layer_nodes
from kdoctor.structure.models import Model, models
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import tensors

FIRST: Final = ""  # the one input of a Sequential


def stopping_of(release: str) -> frozenset[str]:
    """The layers that handed no mask on in this release of Keras 2."""
    return STOPPING if habits.HANDS_ON_MASKS_OF_RELU.at(release) else STOPPING | {"ReLU"}


def masks_given(document: Document, stopping: frozenset[str]) -> Mapping[Pointer, frozenset[str]]:
    """The inputs of each nested model with which masks come from outside in Keras 2; models in wrappers are not looked into."""
    given: dict[Pointer, frozenset[str]] = {}
    for model in models(document):
        for layer, masked in _nested(model, stopping, given.get(model.node.at, frozenset())):
            inputs = [source.layer for source in tensors(layer.node.config.get("input_layers"), by_name=True)] or [FIRST]
            given[layer.at] = frozenset(key for key, comes in zip(inputs, masked, strict=False) if comes)
    return given


def _nested(model: Model, stopping: frozenset[str], given: frozenset[str]) -> Iterator[tuple[Layer, tuple[bool, ...]]]:
    """The models among the layers, and whether a mask comes with each of their tensors, in any call."""
    held = [layer for layer in model.layers if is_model(layer.node)]
    if held and model.functional:
        masks = masks_of(model, Joining.ALL, stopping, given)
        yield from ((layer, tuple(any(map(masks, place)) for place in zip(*layer.calls, strict=False))) for layer in held)
        return
    comes = bool(given)
    for layer in model.layers if held else ():
        if is_model(layer.node):
            yield layer, (comes,)
        comes = _comes_out(layer, comes) and layer.class_name not in stopping


def stopped_masks(model: Model, now: Joining, stopping: frozenset[str], given: frozenset[str] = frozenset()) -> list[Layer]:
    """The layers of a model that stopped a mask in Keras 2, where Keras 3 would hand it on to something that heeds it."""
    if not any(layer.class_name in stopping for layer in model.layers) or not (given or any(map(makes_mask, model.layers))):
        return []
    return list(_in_graph(model, now, stopping, given) if model.functional else _in_row(model, stopping, bool(given)))


def _in_graph(model: Model, now: Joining, stopping: frozenset[str], given: frozenset[str]) -> Iterator[Layer]:
    ways = (stopping, frozenset[str]())
    was, then = (masks_of(model, now, way, given) for way in ways)
    differs = any(one.masks != new.masks for one, new in zip(*(heard(model, now, way, given) for way in ways), strict=True)) or any(
        tuple(map(was, call)) != tuple(map(then, call)) for layer in model.layers if _heeds(layer.node) for call in layer.calls
    )
    if differs:
        yield from (
            layer for layer in model.layers if layer.class_name in stopping and any(then(source) for call in layer.calls for source in call)
        )


def _in_row(model: Model, stopping: Collection[str], comes: bool) -> Iterator[Layer]:
    """Of a Sequential, whose layers follow each other; the first that stops a mask stops it for all."""
    stopped = None
    for layer in model.layers:
        if stopped is not None and (layer.class_name in HEEDING or _heeds(layer.node)):
            yield stopped
            return
        if comes and stopped is None and layer.class_name in stopping:
            stopped = layer
        comes = _comes_out(layer, comes)
        if not comes or makes_mask(layer):
            stopped = None


def _comes_out(layer: Layer, comes: bool) -> bool:
    passing = layer.class_name == "InputLayer" or (layer.class_name not in OF_ALL and hands_on(layer))
    return makes_mask(layer) or (comes and passing)


def _heeds(node: Node) -> bool:
    """Whether anything in a nested model heeds a mask that comes to the model, by way of an explicit stack: models nest deeper than Python's."""
    inside = [node]
    while inside:
        held = layer_nodes(one) if is_model(one := inside.pop()) else ()
        if any(inner.class_name in HEEDING for inner in held):
            return True
        inside += held
    return False
