"""Masks of queries that a file of Keras 3.8 or later states and did not look at, and that earlier Keras 3 heeds."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.graph.attention_masks import asks_arguments
from kdoctor.graph.lost_queries import LostQuery, lost_queries
from kdoctor.graph.merged_masks import joinings
from kdoctor.graph.shapes import infer
from kdoctor.replacements.attention_masks import without_query_masks
from kdoctor.structure.models import Model, all_models, is_wrapped
from kdoctor.target import Target

NEED = Need("FILE", "the model without the mask", "how many axes the queries have is not in the file, or a wrapper calls the model")


def regained_query_masks(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call whose hidden steps get to what counts them (K609)."""
    was = joinings(document, target)
    if was is None or not asks_arguments(document, target):
        return
    for model in all_models(document):
        found = list(lost_queries(model, was[0])) if model.functional else []
        repair = _repair(document, model, found) if found else None
        for one in found:
            yield Finding(
                one.layer.at / "inbound_nodes" / one.call,
                f"{target} heeds the query_mask that {one.layer.name!r} is called with; the Keras that saved the file did not look at it, and what comes "
                "behind does not skip the hidden steps",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=one.layer.name,
                other_numbers=True,
            )


def _repair(document: Document, model: Model, found: list[LostQuery]) -> Repair | None:
    """All calls of a model at once. In an ``.h5`` another layer might change the order of the arrays: it is written as a ``.keras`` archive first."""
    shapes = infer(document).inputs
    axes = {one.layer.at: len(given[0]) for one in found if (given := shapes.get(one.layer.at)) and given[0] is not None}
    if is_wrapped(model.node.at) or any(one.layer.at not in axes for one in found):
        return None
    edits = without_query_masks(document, model, found, axes) if document.format.native else ()
    return Repair("take the mask from the queries before they come to it", edits, native=True)
