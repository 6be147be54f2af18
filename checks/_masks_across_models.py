"""Masks that go into a nested model, or come out of it, and that an attention takes away in Keras 3.8 and later: no call in it states them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.graph.asked_masks import asked_otherwise
from kdoctor.graph.attention_masks import asks_arguments, asks_tensors
from kdoctor.graph.masks_of_calls import TooManyCalls, masks_of_calls
from kdoctor.graph.merged_masks import joinings
from kdoctor.structure.models import models
from kdoctor.target import Target

NEED: Final = Need(
    "FILE", "the model without the mask, or without the model in it", "no call states the masks that come out of one model into another"
)


def masks_across_models(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call of a file of Keras 3 with nested models that asks for a mask, and finds another than in the Keras that saved it (K609)."""
    was, all_models = joinings(document, target), models(document)
    if was is None or len(all_models) < 2:
        return
    taken, left = asks_tensors(document, target), asks_arguments(document, target)
    if not taken and not left:
        return
    try:
        before, now = (masks_of_calls(all_models, takes_away, was[0]) for takes_away in (left, taken))
    except TooManyCalls:
        return
    says = "has none there: an attention before it takes it away" if taken else "has one there, which an attention before it took away"
    for layer in dict.fromkeys(layer for layer, _ in asked_otherwise(all_models, before, now)):
        yield Finding(
            layer.at,
            f"a mask goes from one model into another to {layer.class_name} {layer.name!r}, and {target} {says}",
            needs=(NEED,),
            layer=layer.name,
            other_numbers=True,
        )
