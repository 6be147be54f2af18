"""Masks that a merging layer hands on since Keras 3.4: Keras 3.0 to 3.3 asked none of a list of tensors, and handed none on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.graph.asked_masks import asked_otherwise
from kdoctor.graph.masks_of_calls import Calls, Rules, TooManyCalls, masks_of_calls
from kdoctor.graph.merged_masks import Joining, joinings
from kdoctor.graph.running_masks import MERGING, makes_masked
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.replacements.mask_stops import stopping_masks
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, is_wrapped, models, wrapped_models
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

NEED = Need("FILE", "the model without the masks", "how many axes what is joined has is not in the file, or a wrapper calls the model")


def masks_unjoined(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call to which a mask comes by way of such a layer (K609)."""
    if joinings(document, target) != (Joining.NONE, Joining.ANY) or not any(objects_named(document, tuple(MERGING))):
        return
    if not any(objects_named(document, ("Embedding", "Masking"))):
        return
    for group in (models(document), *((model,) for model in wrapped_models(document))):
        yield from _of_group(document, group, target)


def _of_group(document: Document, group: Sequence[Model], target: Target) -> Iterator[Finding]:
    """``group``: models that call each other, the outermost first."""
    takes_away = habits.TAKES_MASKS_AWAY.of(target)
    try:
        before, now = (masks_of_calls(group, Rules(takes_away, how)) for how in (Joining.NONE, Joining.ANY))
    except TooManyCalls:
        return
    found = list(asked_otherwise(group, before, now))
    repair = _repair(document, group, now) if found else None
    for layer, call in found:
        yield Finding(
            layer.at if call is None else layer.at / "inbound_nodes" / call,
            f"a mask comes to {layer.class_name} {layer.name!r} in {target} by way of layers that handed none on in the Keras that saved the file",
            repair=repair,
            needs=() if repair else (NEED,),
            layer=layer.name,
            other_numbers=True,
        )


def _repair(document: Document, group: Sequence[Model], now: Calls) -> Repair | None:
    """All layers of one model at once, the outermost first; an ``.h5`` is written as a ``.keras`` archive first (see `stopping_masks`)."""
    shapes = infer(document).outputs
    for model in group:
        joining = [layer for layer in model.layers if layer.class_name in MERGING and _hands_on(layer, now)]
        made = {layer.number: shapes[layer.at][0] for layer in joining if shapes.get(layer.at)}
        axes = {number: len(shape) for number, shape in made.items() if shape is not None}
        if is_wrapped(model.node.at) or len(axes) != len(joining):
            return None
        if joining:
            edits = stopping_masks(document, model, axes, joining) if document.format.native else ()
            return Repair("put a layer behind what joins masks that hands none on", edits, native=True)
    return None


def _hands_on(layer: Layer, now: Calls) -> bool:
    return any(makes_masked(layer, [*map(bool, now.get((layer.at, index), ()))], False) for index in range(len(layer.calls)))
