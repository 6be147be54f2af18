"""A GroupNormalization of Keras 2.14 and 2.15 spreads the mask that comes with its input over all of it, from the last axis on, and fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.graph.masks import masked
from kdoctor.keras_api import habits
from kdoctor.saved_release import origin_of
from kdoctor.structure.models import all_models
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

CLASS: Final = "GroupNormalization"
UNMASKED: Final = Need("FILE", "the model without the mask", "no argument of the layer turns it off")


def masked_groups(document: Document, target: Target) -> Iterator[Finding]:
    """Of files of other releases: one that these saved has been called with the mask (K610)."""
    spreads = habits.SPREADS_MASKS_OF_GROUPS
    if not spreads.of(target) or spreads.at(origin_of(document)) or not any(objects_named(document, (CLASS,))):
        return
    for model in all_models(document):
        come = masked(model) if model.functional else {}
        for layer in model.layers:
            if layer.class_name == CLASS and layer.key in come:
                yield Finding(
                    layer.at,
                    f"{target} spreads the mask that comes with the input of {CLASS} {layer.name!r} over its channels",
                    needs=(UNMASKED,),
                    layer=layer.name,
                    keras_says=f'ValueError: Exception encountered when calling layer "{layer.name}" (type {CLASS}).',
                )
