"""Masks that an attention behind another one does not get in Keras 3.8 and later."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.graph.attention_masks import Attending, attending, takes_masks_away
from kdoctor.graph.masks import makes_mask
from kdoctor.replacements.attention_masks import is_tellable, telling_attention
from kdoctor.structure.models import Model, all_models, is_wrapped
from kdoctor.target import Target

from ._joined_masks import makers_of

NEED = Need("FILE", "the model without the mask", "it cannot be computed beside the layers, or the call has one of its own")


def lost_attention_masks(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call of a file of Keras 2 (K609). Since 3.0 a file states these masks."""
    if not takes_masks_away(document, target):
        return
    for model in all_models(document):
        if not model.functional or not any(map(makes_mask, model.layers)):
            continue
        found = attending(model)
        lost = [one for one in found if one.lost]
        repair = _repair(document, model, found, target) if lost else None
        for one in lost:
            yield Finding(
                one.layer.at / "inbound_nodes" / one.call,
                f"{target} attends to hidden steps in {one.layer.name!r}: an attention before it took the mask from what both are made of",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=one.layer.name,
                other_numbers=True,
            )


def _repair(document: Document, model: Model, found: list[Attending], target: Target) -> Repair | None:
    """All attentions of a model at once. An ``.h5`` cannot hold the operations: it is written as a ``.keras`` archive first."""
    makers = makers_of(model)
    todo = [one for one in found if not one.told]
    if is_wrapped(model.node.at) or not all(is_tellable(one, makers) for one in todo):
        return None
    edits = telling_attention(document, model, todo, makers, target.release) if document.format.native else ()
    return None if edits is None else Repair("hand the masks over as attention_mask", edits, native=True)
