"""Masks that come together in a merging layer: a step counted for Keras 2 where no input hid it, and counts since Keras 3.4 where any shows it.

Add and its like passed over inputs without a mask; since 3.4 there is no mask at all where one input has none, and Keras 3.0 to 3.3 hand none on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.graph.attention_masks import asks_tensors, takes_masks_away
from kdoctor.graph.masks import OF_ALL, OF_QUERIES, makes_mask
from kdoctor.graph.masks_of_calls import Rules, masks_of_calls
from kdoctor.graph.merged_masks import CONCATENATE, NO_MASK, STOPPING, Heard, Joining, Made, heard, joinings
from kdoctor.graph.running_masks import CLASS
from kdoctor.replacements.stated_masks import MAKERS, Told, telling
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models, is_wrapped
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

# Layers that take a mask as an argument of their call, beside the one tensor that they work on
TELLABLE = frozenset({"LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "GlobalAveragePooling1D"})
Makers: TypeAlias = Mapping[Made, tuple[Layer, int]]  # a mask -> the layer that makes it, and in which call
NEED = Need("FILE", "the model without the masks", "no layer of the one Keras joins masks as that of the other")


def joined_masks(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call to which another mask comes than did in the Keras that saved the file (K609)."""
    was, now = joinings(document, target) or (None, None)
    if (
        was is None
        or now is None
        or was is now
        or (was is Joining.NONE and now is Joining.ANY)
        or not any(objects_named(document, (CONCATENATE, *OF_ALL, *OF_QUERIES)))
    ):
        return
    stopping = STOPPING if was is Joining.ALL else frozenset()  # what these hand on another cure stops
    elsewhere = {CLASS} if takes_masks_away(document, target) else set()  # an attention is given its masks by another cure
    running = asks_tensors(document, target)
    for model in all_models(document):
        if not model.functional or not any(map(makes_mask, model.layers)):
            continue
        told = [one for one in _otherwise(model, was, now, stopping, running) if one.layer.class_name not in elsewhere]
        repair = _repair(document, model, told, target) if told and now is Joining.ANY else None
        for one in told:
            yield Finding(
                one.layer.at / "inbound_nodes" / one.call,
                f"the masks that are joined before {one.layer.class_name} {one.layer.name!r} make another one in {target} than in the Keras that saved "
                "the file",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=one.layer.name,
                other_numbers=True,
            )


def _otherwise(model: Model, was: Joining, now: Joining, stopping: frozenset[str], running: bool) -> Iterator[Heard]:
    """The calls that heed another mask than they did; ``running``: of a model from whose tensors an attention takes masks while it runs."""
    come = masks_of_calls((model,), Rules(takes_away=True)) if running else {}
    for one, new in zip(heard(model, was, stopping), heard(model, now, stopping), strict=True):
        place = (one.layer.at, one.call)
        masks = (
            new.masks
            if place not in come
            else tuple(mask if comes_with else NO_MASK for mask, comes_with in zip(new.masks, come[place], strict=True))
        )
        if one.masks != masks:
            yield one


def _repair(document: Document, model: Model, found: list[Heard], target: Target) -> Repair | None:
    """All masks of a model at once. An ``.h5`` cannot hold the operations: it is written as a ``.keras`` archive first."""
    makers = makers_of(model)
    alike = not any(map(_is_no_longer_alike, model.layers))
    told = [_told(makers, one, alike) for one in found]
    if is_wrapped(model.node.at) or any(one is None for one in told):
        return None
    edits = telling(document, model, [one for one in told if one is not None], target.release) if document.format.native else ()
    return None if edits is None else Repair("hand the mask over as an argument", edits, native=True)


def _told(makers: Makers, one: Heard, alike: bool) -> Told | None:
    """The layers whose masks the call was given together; None where one of them is not known, or the call takes no mask as an argument.

    ``alike``: a mask of every step is as long as any in the model, and hides as much.
    """
    node = one.layer.node.raw["inbound_nodes"][one.call]
    written_out = isinstance(node, dict) or (isinstance(node, list) and len(node) == 1 and isinstance(node[0], list))
    if one.layer.class_name not in TELLABLE or len(one.masks) != 1 or not written_out:
        return None
    if not one.masks[0] and not alike:
        return None
    like = next(iter(makers.values()), None)
    known = tuple(makers[made] for made in sorted(one.masks[0]) if made in makers)
    return Told(one.layer, one.call, known, like) if like is not None and len(known) == len(one.masks[0]) else None


def _is_no_longer_alike(layer: Layer) -> bool:
    """A mask of every step is as long as the words are, and what is joined in a row longer; since 3.4 a hidden step does not count in a product."""
    return layer.class_name in ("Multiply", "Maximum", "Minimum") or (
        layer.class_name == CONCATENATE and layer.node.config.get("axis", -1) not in (-1, 2)
    )


def makers_of(model: Model) -> Makers:
    """The first call that makes each mask of one tensor."""
    found: dict[Made, tuple[Layer, int]] = {}
    for layer in model.layers:
        for index, call in enumerate(layer.calls) if makes_mask(layer) and layer.class_name in MAKERS else ():
            if len(call) == 1:
                made = Made(layer.class_name, call[0], repr(layer.node.config.get("mask_value", 0)))
                found.setdefault(made, (layer, index))
    return found
