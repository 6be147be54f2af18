"""Masks that an attention fails with in one release, and passed over in another."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety
from kdoctor.document import Document
from kdoctor.graph.masks import masked
from kdoctor.keras_api import habits
from kdoctor.saved_release import origin_of
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import all_models
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

CLASS = "MultiHeadAttention"
NARROW = frozenset({"Attention", "AdditiveAttention"})
LATER = Repair("load it with Keras 3.12 or later", safety=Safety.ADVICE)


def narrow_masks(document: Document, target: Target) -> Iterator[Finding]:
    """Until Keras 3.11 the mask of an Attention's values has an axis less than its scores, and None beside a mask is no mask (K610)."""
    if not target.keras_3 or habits.WIDENS_ATTENTION_MASKS.of(target) or not any(objects_named(document, tuple(NARROW))):
        return
    for model in all_models(document):
        come = masked(model) if model.functional else {}
        for layer in model.layers if come else ():
            inputs = len(layer.calls[0]) if layer.calls else 0
            count = min(come.get(layer.key, 0), inputs)
            if (
                layer.class_name in NARROW
                and count
                and not (_looks_back(layer) and count == inputs and not habits.REFUSES_SYMBOLIC_MASKS.of(target))
            ):
                yield Finding(
                    layer.at,
                    f"{layer.class_name} {layer.name!r} of {target} fails with the mask that comes with its input",
                    repair=LATER,
                    layer=layer.name,
                    keras_says="InvalidArgumentError: Exception encountered when calling Attention.call(). Incompatible shapes: [2,4,4] vs. [2,4]"
                    if count == inputs
                    else "ValueError: In a nested call() argument, you cannot mix tensors and non-tensors.",
                )


def _looks_back(layer: Layer) -> bool:
    """Whether every call says use_causal_mask, with which the mask is widened."""
    nodes = layer.node.raw.get("inbound_nodes")
    return isinstance(nodes, list) and all(
        isinstance(node, dict) and isinstance(named := node.get("kwargs"), dict) and named.get("use_causal_mask") is True for node in nodes
    )


def unmasked_attention(document: Document, target: Target) -> Iterator[Finding]:
    """Up to Keras 2.9 a MultiHeadAttention passed over the masks of its inputs; nothing in a config says so of later ones, or the reverse."""
    saved, heeds = origin_of(document), habits.MASKS_ATTENTION.of(target)
    if not (habits.PASSES_OVER_MASKS if heeds else habits.MASKS_ATTENTION).at(saved):
        return
    if not any(objects_named(document, (CLASS,))):
        return
    for model in all_models(document):
        come = masked(model) if model.functional else {}
        for layer in model.layers:
            if layer.class_name == CLASS and layer.key in come:
                yield Finding(
                    layer.at,
                    f"{target} lets {CLASS} {layer.name!r} heed the mask that comes with its input; the Keras that saved the file did not"
                    if heeds
                    else f"{target} lets {CLASS} {layer.name!r} pass over the mask that comes with its input; the Keras that saved the file heeded it",
                    needs=(Need("FILE", "the model without the mask", f"no argument of the layer turns it {'off' if heeds else 'on'}"),),
                    layer=layer.name,
                    other_numbers=True,
                )
