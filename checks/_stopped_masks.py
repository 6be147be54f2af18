"""Masks that a Rescaling, Normalization, Identity or ReLU of Keras 2 did not hand on, and Keras 3 does."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.graph.merged_masks import STOPPING, joinings
from kdoctor.graph.shapes import infer
from kdoctor.graph.stopped_masks import across_models, stopped_masks, stopping_of
from kdoctor.replacements.mask_stops import stopping_masks
from kdoctor.saved_release import origin_of, release_of
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models, is_wrapped
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

KERAS_3 = (3, 0)
NEED = Need("FILE", "the model without the mask", "how many axes its tensor has is not in the file, or a wrapper calls the model")


def masks_stopped(document: Document, target: Target) -> Iterator[Finding]:
    """One for each such layer, where something behind it heeds the mask (K609)."""
    saved, ways = release_of(document), joinings(document, target)
    if not target.keras_3 or saved is None or saved >= KERAS_3 or ways is None or not any(objects_named(document, (*STOPPING, "ReLU"))):
        return
    if not any(objects_named(document, ("Embedding", "Masking"))):
        return
    stopping = stopping_of(origin_of(document) or "")
    across = across_models(document, ways[1], stopping)
    for model in all_models(document):
        within = stopped_masks(model, ways[1], stopping, across.given.get(model.node.at, frozenset()))
        found = list({layer.number: layer for layer in (*within, *across.leaving.get(model.node.at, ()))}.values())
        repair = _repair(document, model, found) if found else None
        for layer in found:
            yield Finding(
                layer.at,
                f"{layer.class_name} {layer.name!r} handed no mask on in the Keras that saved the file, and hands one on in {target} to what heeds it",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=layer.name,
                other_numbers=True,
            )


def _repair(document: Document, model: Model, found: list[Layer]) -> Repair | None:
    """All of a model at once. In an ``.h5`` another layer might change the order of the arrays: it is written as a ``.keras`` archive first."""
    shapes = infer(document).outputs
    made = {layer.number: shapes[layer.at][0] for layer in found if shapes.get(layer.at)}
    axes = {number: len(shape) for number, shape in made.items() if shape is not None}
    if is_wrapped(model.node.at) or len(axes) != len(found):
        return None
    edits = stopping_masks(document, model, axes, found) if document.format.native else ()
    return Repair("put a layer behind it that hands no mask on", edits, native=True)
