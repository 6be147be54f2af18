"""Masks of queries that a file of Keras 3.4 to 3.7 states, and Keras 3.8 and later do not look at."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.graph.attention_masks import asks_tensors
from kdoctor.graph.lost_queries import LostQuery, lost_queries
from kdoctor.graph.merged_masks import joinings
from kdoctor.replacements.attention_masks import telling_queries
from kdoctor.structure.models import Model, all_models, is_wrapped
from kdoctor.target import Target

NEED = Need("FILE", "the model without the mask", "the call has an attention_mask of its own, or computes scores, of which it makes zeros")


def lost_query_masks(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call whose hidden steps get to what counts them (K609)."""
    was = joinings(document, target)
    if was is None or not asks_tensors(document, target):
        return
    for model in all_models(document):
        found = list(lost_queries(model, was[0])) if model.functional else []
        repair = _repair(document, model, found, target) if found else None
        for one in found:
            yield Finding(
                one.layer.at / "inbound_nodes" / one.call,
                f"{target} does not look at the query_mask that {one.layer.name!r} is called with, and what comes behind it does not skip the hidden steps: "
                "they were the mean of all values",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=one.layer.name,
                other_numbers=True,
            )


def _repair(document: Document, model: Model, found: list[LostQuery], target: Target) -> Repair | None:
    """All calls of a model at once. An ``.h5`` cannot hold the operations: it is written as a ``.keras`` archive first."""
    if is_wrapped(model.node.at) or not all(one.tellable for one in found):
        return None
    edits = telling_queries(document, model, found, target.release) if document.format.native else ()
    return None if edits is None else Repair("hand the query_mask over as attention_mask, too", edits, native=True)
