"""Masks that a MultiHeadAttention takes from its tensors, where Keras 3.8 and later have no more of them: an attention that came first took them away.

``call`` of layers/attention/multi_head_attention.py (3.8.0 to 3.15.1) removes the masks of the tensors that it is given, and asks for them when the
model runs; no other layer does either. What an Add makes of such a tensor has none, nor has the next attention to what an encoder made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from kdoctor.document import Document
from kdoctor.graph.masks import OF_ALL, ONE_BY_ONE, RECURRENT, makes_mask, returns_steps
from kdoctor.graph.merged_masks import CONCATENATE, STOPPING, Joining, Mask, Masks, masks_of
from kdoctor.keras_api import habits
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.saved_release import origin_of, release_of
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.objects import objects_named
from kdoctor.structure.sources import Source
from kdoctor.target import Target

CLASS: Final = "MultiHeadAttention"
ARGUMENT: Final = "attention_mask"
KERAS_3: Final = (3, 0)
# They are told a mask when the model is put together, and hand that one on.
TOLD: Final = RECURRENT | {"BatchNormalization", "Softmax", "TimeDistributed"}
# What they return when the model predicts is what they were given, the same tensor.
RETURNING: Final = frozenset(
    """ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise Identity SpatialDropout1D SpatialDropout2D
    SpatialDropout3D""".split()  # noqa: SIM905 (a table)
)
Place: TypeAlias = "tuple[str, int]"  # what a call of a layer makes


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


def attending(model: Model) -> list[Attending]:
    """Every call of such a layer in a Functional that Keras 2 saved to which a mask came."""
    saved, told = masks_of(model, Joining.ALL), masks_of(model, Joining.ANY, STOPPING)  # what these hand on another cure stops
    run, by_key = _Run(told), {layer.key: layer for layer in model.layers}
    found = []
    for layer, index in _in_order(model):
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


class _Run:
    """Which tensors have a mask while a model runs in Keras 3.8 or later."""

    def __init__(self, told: Masks) -> None:
        self._told = told
        self._same: dict[Place, Place] = {}
        self._masked: set[Place] = set()

    def has(self, source: Source) -> bool:
        return self._tensor(source) in self._masked

    def _tensor(self, source: Source) -> Place:
        place = (source.layer, source.call)
        return self._same.get(place, place)

    def call(self, layer: Layer, index: int) -> None:
        call, made = layer.calls[index], (layer.key, index)
        if layer.class_name in RETURNING and len(call) == 1:
            self._same[made] = self._tensor(call[0])
        elif self._makes_masked(layer, call):
            self._masked.add(made)
        if layer.class_name == CLASS:
            self._masked.difference_update(map(self._tensor, call))

    def _makes_masked(self, layer: Layer, call: tuple[Source, ...]) -> bool:
        if makes_mask(layer):
            return True
        if not call or of_keras_3(layer.node):
            return False
        if layer.class_name in TOLD:
            return bool(self._told(call[0])) and (layer.class_name not in RECURRENT or returns_steps(layer))
        if layer.class_name in OF_ALL:
            return all(map(self.has, call))
        if layer.class_name == CONCATENATE:
            return any(map(self.has, call))
        return layer.class_name in ONE_BY_ONE - STOPPING and self.has(call[0])


def _in_order(model: Model) -> Iterator[tuple[Layer, int]]:
    """The calls as Keras runs them: those farther from the outputs first."""
    calls: dict[Place, Layer] = {(layer.key, index): layer for layer in model.layers for index in range(len(layer.calls))}
    depths = _depths(calls)
    yield from ((calls[place], place[1]) for place in sorted(calls, key=lambda place: -depths[place]))


def _depths(calls: Mapping[Place, Layer]) -> dict[Place, int]:
    """How many calls stand between each and the outputs at most: one behind all that take what it makes."""
    left = dict.fromkeys(calls, 0)
    for (_, index), layer in calls.items():
        for source in {(one.layer, one.call) for one in layer.calls[index]} & calls.keys():
            left[source] += 1
    depths = dict.fromkeys(calls, 0)
    ready = [place for place, users in left.items() if not users]
    while ready:
        place = ready.pop()
        for source in {(one.layer, one.call) for one in calls[place].calls[place[1]]} & calls.keys():
            depths[source] = max(depths[source], depths[place] + 1)
            left[source] -= 1
            if not left[source]:
                ready.append(source)
    return depths
