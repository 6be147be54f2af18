"""Masks behind a TimeDistributed: those of the layer in it for Keras 2, and for Keras 3 what came to it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.graph.masks_of_times import CLASS, changed_masks
from kdoctor.keras_api import habits
from kdoctor.saved_release import origin_of
from kdoctor.structure.models import all_models, wrapped_models
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

NEED = Need("FILE", "the model without the mask", "no argument of the wrapper hands on another one")


def masks_of_times(document: Document, target: Target) -> Iterator[Finding]:
    """One for each wrapper of a file of Keras 2 whose mask counts for a layer behind it (K609)."""
    saved, forgets = origin_of(document), habits.HANDS_ON_MASKS_OF_TIMES
    if not saved or forgets.at(saved) or not forgets.of(target) or not any(objects_named(document, (CLASS,))):
        return
    wrapped = {model.node.at: model for model in wrapped_models(document)}
    for model in all_models(document):
        for layer, lost in changed_masks(model, wrapped):
            yield Finding(
                layer.at,
                f"{target} loses the mask that {CLASS} {layer.name!r} makes; the Keras that saved the file handed it on"
                if lost
                else f"{target} hands the mask for the steps of each time on from {CLASS} {layer.name!r}; the Keras that saved the file made one of the times",
                needs=(NEED,),
                layer=layer.name,
                keras_says=None if lost else "InvalidArgumentError: condition [2,4], then [2,2], and else [2,2] must be broadcastable",
                other_numbers=True,
            )
