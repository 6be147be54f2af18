"""Masks that go into a nested model, or come out of it, and that an attention takes away in Keras 3.8 and later: no call states them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.graph.attention_masks import asks_tensors
from kdoctor.graph.masks_of_calls import TooManyCalls, masks_of_calls
from kdoctor.graph.merged_masks import HEEDING, Joining, joinings
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import models
from kdoctor.target import Target

MASKS: Final = frozenset({"mask", "query_mask", "value_mask", "key_mask"})
NEED: Final = Need(
    "FILE", "the model without the mask, or without the model in it", "no call states the masks that come out of one model into another"
)


def masks_across_models(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call of a file of Keras 3.4 to 3.7 with nested models that is asked for no mask, and heard one (K609)."""
    was, all_models = joinings(document, target), models(document)
    if was is None or was[0] is not Joining.ANY or len(all_models) < 2 or not asks_tensors(document, target):
        return
    try:
        before, now = masks_of_calls(all_models, False), masks_of_calls(all_models, True)
    except TooManyCalls:
        return
    for layer in (layer for model in all_models for layer in model.layers if layer.class_name in HEEDING):
        if any(before.get((layer.at, index)) != now.get((layer.at, index)) for index in _unstated(layer)):
            yield Finding(
                layer.at,
                f"{layer.class_name} {layer.name!r} heeded a mask that goes from one model into another, and {target} has none there: an attention before "
                "it takes it away",
                needs=(NEED,),
                layer=layer.name,
                other_numbers=True,
            )


def _unstated(layer: Layer) -> Iterator[int]:
    for index, arguments in enumerate(given_to(layer)):
        if MASKS.isdisjoint(argument.name for argument in arguments):
            yield index
