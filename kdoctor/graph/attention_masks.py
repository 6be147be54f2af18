"""Masks that a MultiHeadAttention takes from its tensors, where Keras 3.8 and later have no more of them: an attention that came first took them away.

``call`` of layers/attention/multi_head_attention.py (3.8.0 to 3.15.1) removes the masks of the tensors that it is given, and asks for them when the
model runs; no other layer does either. What an Add makes of such a tensor has none, nor has the next attention to what an encoder made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from kdoctor.document import Document
from kdoctor.graph.merged_masks import STOPPING, Joining, Mask, masks_of
from kdoctor.graph.running_masks import CLASS, Running, in_order
from kdoctor.keras_api import habits
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.saved_release import origin_of, release_of
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

ARGUMENT: Final = "attention_mask"
KERAS_3: Final = (3, 0)


class Attending(NamedTuple):
    """A call with masks, by the Keras that saved the file: that of the query, those of value and key, and whether any of them is lost.

    told: a cure has handed them over.
    """

    layer: Layer
    call: int
    query: Mask
    others: tuple[Mask, ...]
    lost: bool
    told: bool


def takes_masks_away(document: Document, target: Target) -> bool:
    """Whether the file counts on masks that the target takes away: since Keras 3.0 a file states them in each call, until TensorFlow 2.9 none came."""
    saved = release_of(document)
    if saved is None or saved >= KERAS_3 or habits.PASSES_OVER_MASKS.at(origin_of(document)):
        return False
    return habits.TAKES_MASKS_AWAY.of(target) and any(objects_named(document, (CLASS,)))


def asks_tensors(document: Document, target: Target) -> bool:
    """Whether a file of Keras 3.0 to 3.7 has attentions whose masks the target asks of the tensors, whatever the file states."""
    saved = release_of(document)
    if saved is None or saved < KERAS_3 or habits.TAKES_MASKS_AWAY.at(origin_of(document)):
        return False
    return habits.TAKES_MASKS_AWAY.of(target) and any(objects_named(document, (CLASS,)))


def asks_arguments(document: Document, target: Target) -> bool:
    """The other way about: a file of Keras 3.8 or later for a Keras 3 that goes by what the file states."""
    saved = release_of(document)
    if saved is None or not target.keras_3 or not habits.TAKES_MASKS_AWAY.at(origin_of(document)):
        return False
    return not habits.TAKES_MASKS_AWAY.of(target) and any(objects_named(document, (CLASS,)))


def attending(model: Model) -> list[Attending]:
    """Every call of such a layer in a Functional that Keras 2 saved to which a mask came."""
    saved, told = masks_of(model, Joining.ALL), masks_of(model, Joining.ANY, STOPPING)  # what these hand on another cure stops
    run = Running(lambda layer, index: bool(told(layer.calls[index][0])), STOPPING)
    by_key = {layer.key: layer for layer in model.layers}
    found = []
    for layer, index in in_order(model):
        call = layer.calls[index]
        if layer.class_name == CLASS and call:
            masks = [saved(source) for source in call]
            lost = any(mask and not run.has(source) for mask, source in zip(masks, call, strict=True))
            cured = _is_cured(by_key, layer, index)
            if any(masks):
                found.append(Attending(layer, index, masks[0], tuple(masks[1:]), lost and not cured, cured))
        run.call(layer, index)
    return found


def _is_cured(by_key: Mapping[str, Layer], layer: Layer, index: int) -> bool:
    """Whether the call is told its masks by an operation of Keras 3, of which a file of Keras 2 has none but for a cure."""
    told = (argument.sources[0] for argument in given_to(layer)[index] if argument.name == ARGUMENT)
    return any(source.layer in by_key and of_keras_3(by_key[source.layer].node) for source in told)
