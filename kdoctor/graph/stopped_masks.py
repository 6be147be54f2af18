"""Layers that handed no mask on in Keras 2 and do in Keras 3: Rescaling, Normalization and Identity, and ReLU before TensorFlow 2.6.

Whether each layer's output has a mask was run in TensorFlow 1.15, 2.3, 2.6, 2.9 and 2.15, in Keras 3.0.5 and 3.15.1 (2026-11-23).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.graph.asked_masks import asked_otherwise
from kdoctor.graph.masks import OF_ALL, hands_on, makes_mask
from kdoctor.graph.masks_of_calls import FIRST, Calls, Followed, Rules, TooManyCalls, followed
from kdoctor.graph.merged_masks import HEEDING, STOPPING, Joining, Place, heard, masks_of
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model, layer_nodes
from kdoctor.structure.models import Model, models
from kdoctor.structure.objects import Node


def stopping_of(release: str) -> frozenset[str]:
    """The layers that handed no mask on in this release of Keras 2."""
    return STOPPING if habits.HANDS_ON_MASKS_OF_RELU.at(release) else STOPPING | {"ReLU"}


class Stopped(NamedTuple):
    """``given``: what `stopped_masks` is given of each model, by its place; ``leaving``: the layers in nested models that stopped a mask for one around them."""

    given: Mapping[Pointer, frozenset[Place]]
    leaving: Mapping[Pointer, list[Layer]]


def across_models(document: Document, now: Joining, stopping: frozenset[str]) -> Stopped:
    """The masks that go from one model into another in Keras 2; models in wrappers are not looked into."""
    every = models(document)
    if len(every) < 2:
        return Stopped({}, {})
    try:
        saved, before, after = (
            followed(every, Rules(False, *way)) for way in ((Joining.ALL, stopping), (now, stopping), (now, frozenset[str]()))
        )
    except TooManyCalls:
        return Stopped({}, {})
    leaving: dict[Pointer, list[Layer]] = {}
    if any(asked_otherwise(every, before.calls, after.calls)):
        opened = _opened(every, before, after)
        for model in every:
            within = any(at.holds(model.node.at) for at in opened)
            leaving[model.node.at] = [layer for layer in model.layers if within and _is_asked(layer, stopping, after.calls)]
    return Stopped(saved.crossing, leaving)


def _opened(every: Sequence[Model], before: Followed, after: Followed) -> set[Pointer]:
    """The nested models out of which a mask comes now alone."""
    return {
        layer.at
        for model in every
        for layer in model.layers
        if is_model(layer.node)
        for place in after.crossing.get(model.node.at, frozenset()) - before.crossing.get(model.node.at, frozenset())
        if place[0] == layer.key
    }


def _is_asked(layer: Layer, stopping: frozenset[str], calls: Calls) -> bool:
    return layer.class_name in stopping and any(any(calls.get((layer.at, index), ())) for index in range(len(layer.calls) or 1))


def stopped_masks(model: Model, now: Joining, stopping: frozenset[str], given: frozenset[Place] = frozenset()) -> list[Layer]:
    """The layers of a model that stopped a mask in Keras 2, where Keras 3 would hand it on to something in it that heeds it."""
    if not any(layer.class_name in stopping for layer in model.layers) or not (given or any(map(makes_mask, model.layers))):
        return []
    return list(_in_graph(model, now, stopping, given) if model.functional else _in_row(model, stopping, given))


def _in_graph(model: Model, now: Joining, stopping: frozenset[str], given: frozenset[Place]) -> Iterator[Layer]:
    ways = (stopping, frozenset[str]())
    was, then = (masks_of(model, now, way, given) for way in ways)
    differs = any(one.masks != new.masks for one, new in zip(*(heard(model, now, way, given) for way in ways), strict=True)) or any(
        tuple(map(was, call)) != tuple(map(then, call)) for layer in model.layers if _heeds(layer.node) for call in layer.calls
    )
    if differs:
        yield from (
            layer for layer in model.layers if layer.class_name in stopping and any(then(source) for call in layer.calls for source in call)
        )


def _in_row(model: Model, stopping: Collection[str], given: frozenset[Place]) -> Iterator[Layer]:
    """Of a Sequential, whose layers follow each other; the first that stops a mask stops it for all."""
    stopped, comes = None, (FIRST, 0) in given
    for layer in model.layers:
        if stopped is not None and (layer.class_name in HEEDING or _heeds(layer.node)):
            yield stopped
            return
        if comes and stopped is None and layer.class_name in stopping:
            stopped = layer
        comes = _comes_out(layer, comes) or (layer.key, 0) in given
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
