"""Layers that handed no mask on in Keras 2 and do in Keras 3: Rescaling, Normalization and Identity, and ReLU before TensorFlow 2.6.

Whether each layer's output has a mask was run in TensorFlow 1.15, 2.3, 2.6, 2.9 and 2.15, in Keras 3.0.5 and 3.15.1 (2026-11-23).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kdoctor.graph.masks import OF_ALL, hands_on, makes_mask
from kdoctor.graph.merged_masks import HEEDING, STOPPING, Joining, heard, masks_of
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer, is_model, layer_nodes
from kdoctor.structure.models import Model
from kdoctor.structure.objects import Node


def stopping_of(release: str) -> frozenset[str]:
    """The layers that handed no mask on in this release of Keras 2."""
    return STOPPING if habits.HANDS_ON_MASKS_OF_RELU.at(release) else STOPPING | {"ReLU"}


def stopped_masks(model: Model, now: Joining, stopping: frozenset[str]) -> list[Layer]:
    """The layers of a model that stopped a mask in Keras 2, where Keras 3 would hand it on to something that heeds it."""
    if not any(layer.class_name in stopping for layer in model.layers) or not any(map(makes_mask, model.layers)):
        return []
    return list(_in_graph(model, now, stopping) if model.functional else _in_row(model, stopping))


def _in_graph(model: Model, now: Joining, stopping: frozenset[str]) -> Iterator[Layer]:
    was, then = masks_of(model, now, stopping), masks_of(model, now, frozenset())
    differs = any(
        one.masks != new.masks for one, new in zip(heard(model, now, stopping), heard(model, now, frozenset()), strict=True)
    ) or any(tuple(map(was, call)) != tuple(map(then, call)) for layer in model.layers if _heeds(layer.node) for call in layer.calls)
    if differs:
        yield from (
            layer for layer in model.layers if layer.class_name in stopping and any(then(source) for call in layer.calls for source in call)
        )


def _in_row(model: Model, stopping: Collection[str]) -> Iterator[Layer]:
    """Of a Sequential, whose layers follow each other; the first that stops a mask stops it for all."""
    comes, stopped = False, None
    for layer in model.layers:
        if stopped is not None and (layer.class_name in HEEDING or _heeds(layer.node)):
            yield stopped
            return
        if comes and stopped is None and layer.class_name in stopping:
            stopped = layer
        comes = makes_mask(layer) or (comes and layer.class_name not in OF_ALL and hands_on(layer))
        if not comes or makes_mask(layer):
            stopped = None


def _heeds(node: Node) -> bool:
    """Whether anything in a nested model heeds a mask that comes to the model."""
    return is_model(node) and any(inner.class_name in HEEDING or _heeds(inner) for inner in layer_nodes(node))
