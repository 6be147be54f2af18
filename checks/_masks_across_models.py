"""Masks that go into a nested model, or come out of it, and that Keras 3 loses, finds, or joins otherwise on their way: no call states them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.graph.asked_masks import asked_otherwise
from kdoctor.graph.attention_masks import asks_arguments, asks_tensors
from kdoctor.graph.masks import makes_mask
from kdoctor.graph.masks_of_calls import Calls, Rules, TooManyCalls, counted_from_0, masks_of_calls
from kdoctor.graph.merged_masks import HEEDING, Joining, joinings, masks_of
from kdoctor.graph.stopped_masks import stopping_of
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.saved_release import origin_of
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, models
from kdoctor.target import Target

MASKS: Final = frozenset({"mask", "query_mask", "value_mask", "key_mask"})
NEED: Final = Need(
    "FILE", "the model without the mask, or without the model in it", "no call states the masks that come out of one model into another"
)
LOST: Final = "has none there: an attention before it takes it away"
FOUND: Final = "has one there, which an attention before it took away"
OTHERWISE: Final = "has none there, or another: an attention before it takes it away, or it was joined with others"
HANDED_ON_BEFORE: Final = (Joining.ANY, Joining.NONE)  # by merging layers of the Keras that saved the file, and not of the target
Place = tuple[Pointer, int]  # a call of a layer


def masks_across_models(document: Document, target: Target) -> Iterator[Finding]:
    """One for each layer of a file with nested models that asks for a mask, and finds another than in the Keras that saved it (K609)."""
    was, all_models = joinings(document, target), models(document)
    if was is None or len(all_models) < 2 or not target.keras_3:
        return
    try:
        if was[0] is Joining.ALL:
            says, found = OTHERWISE, _of_keras_2(document, target, all_models, was[1])
        else:
            says = OTHERWISE if was == HANDED_ON_BEFORE else LOST if asks_tensors(document, target) else FOUND
            found = _of_keras_3(document, target, all_models, was)
    except TooManyCalls:
        return
    for layer in found:
        yield Finding(
            layer.at,
            f"a mask goes from one model into another to {layer.class_name} {layer.name!r}, and {target} {says}",
            needs=(NEED,),
            layer=layer.name,
            other_numbers=True,
        )


def _of_keras_3(document: Document, target: Target, all_models: Sequence[Model], joins: tuple[Joining, Joining]) -> list[Layer]:
    """An attention takes masks away since 3.8, and goes by what the file states before; a merging layer hands none on before 3.4."""
    taken, left = asks_tensors(document, target), asks_arguments(document, target)
    how = joins if joins == HANDED_ON_BEFORE else joins[:1] * 2
    if not taken and not left and how[0] is how[1]:
        return []
    before, now = (masks_of_calls(all_models, Rules(*rules)) for rules in zip((left, taken), how, strict=True))
    return list(dict.fromkeys(layer for layer, _ in asked_otherwise(all_models, before, now)))


def _of_keras_2(document: Document, target: Target, all_models: Sequence[Model], now: Joining) -> list[Layer]:
    """What comes from within the same model other findings tell."""
    if not any(makes_mask(layer) for model in all_models for layer in model.layers):
        return []
    all_models = tuple(map(counted_from_0, all_models))
    stopping = stopping_of(origin_of(document) or "")
    before = masks_of_calls(all_models, Rules(False, Joining.ALL, stopping, lambda model: set()))
    told = {place for model in all_models for place in _told(model, now, stopping)}
    handed = masks_of_calls(all_models, Rules(False, now, stopping, lambda model: told))
    after = masks_of_calls(all_models, Rules(habits.TAKES_MASKS_AWAY.of(target), now, stopping, lambda model: told, handed))
    known = told | {place for model in all_models for place in _told(model, Joining.ALL, stopping)}
    return [
        layer
        for model in all_models
        for layer in model.layers
        if layer.class_name in HEEDING
        and any(_is_lost(before, after, (layer.at, index)) for index in _unstated(layer) if (layer.at, index) not in known)
    ]


def _is_lost(before: Calls, after: Calls, place: Place) -> bool:
    return any(had and had != has for had, has in zip(before.get(place, ()), after.get(place, ()), strict=False))


def _told(model: Model, joining: Joining, stopping: frozenset[str]) -> Iterator[Place]:
    """The calls to which a mask comes that the model makes itself: they are told it when the model is put together."""
    if not model.functional:
        begun = False
        for layer in model.layers:
            if begun:
                yield layer.at, 0
            begun |= makes_mask(layer)
        return
    masks = masks_of(model, joining, stopping)
    for layer in model.layers:
        for index, call in enumerate(layer.calls):
            if any(map(masks, call)):
                yield layer.at, index


def _unstated(layer: Layer) -> Iterator[int]:
    if not layer.calls:
        yield 0  # of a Sequential
    for index, arguments in enumerate(given_to(layer)):
        if MASKS.isdisjoint(argument.name for argument in arguments):
            yield index
