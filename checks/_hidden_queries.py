"""Attention of steps that a mask hides: the mean of all values until Keras 3.9, zeros since 3.10 where the layer computes its scores."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.hidden_queries import CLASSES, HiddenQuery, hidden_queries
from kdoctor.graph.merged_masks import joinings
from kdoctor.keras_api import habits
from kdoctor.saved_release import origin_of
from kdoctor.structure.models import all_models
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

NEED = Need(
    "FILE", "the model without the mask, or one that skips the hidden steps behind the layer", "no argument of it says what they make"
)


def attention_of_hidden(document: Document, target: Target) -> Iterator[Finding]:
    """One for each layer whose hidden steps get to what counts them (K609)."""
    saved, zeros = origin_of(document), habits.ZEROES_HIDDEN_QUERIES
    was = joinings(document, target)
    if was is None or zeros.at(saved) is zeros.of(target) or not any(objects_named(document, tuple(CLASSES))):
        return
    if habits.PASSES_OVER_MASKS.at(saved):
        return  # told of every mask that comes to such a layer
    made, then = ("zeros", "the mean of all values") if zeros.of(target) else ("the mean of all values", "zeros")
    for model in all_models(document) if any(objects_named(document, ("Embedding", "Masking"))) else ():
        found = {one.layer.at: one for one in hidden_queries(document, model, was[0])} if model.functional else {}
        for one in found.values():
            repair = _without_dropout(one) if zeros.of(target) and one.dropout else None
            yield Finding(
                one.layer.at,
                f"{target} makes {made} of the steps that a mask hides in {one.layer.class_name} {one.layer.name!r}; the Keras that saved the file "
                f"made {then}, and what comes behind it does not skip them",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=one.layer.name,
                other_numbers=True,
            )


def _without_dropout(found: HiddenQuery) -> Repair:
    """Without one Keras does not compute the scores by themselves, and makes the mean that it made."""
    at, rate = found.layer.at / "config" / "dropout", found.layer.node.config["dropout"]
    return Repair("leave out the dropout of its scores, which training goes without then", (Edit(at, old=rate, new=0.0),), Safety.UNSAFE)
