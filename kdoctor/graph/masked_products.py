"""Products of masked steps: since Keras 3.4 a Multiply, Maximum or Minimum leaves the steps that a mask hides out of its values.

``_merge_function`` of merging/multiply.py and ``_apply_merge_op_and_or_mask`` of merging/base_merge.py, 3.4.1 to 3.15.1: a hidden step of one input
counts as 1, or as that of the others, and all before multiplied what is there. A model of each, saved by 2.15 and by 3.0.5, was run in 3.15.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from kdoctor.graph.masks import OF_ALL, ONE_BY_ONE, RECURRENT, makes_mask
from kdoctor.graph.merged_masks import HEEDING, Joining, Mask, Masks, masks_of
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

PRODUCTS: Final = frozenset({"Multiply", "Maximum", "Minimum"})
# Layers that work on each step by itself: what a hidden one holds stays in it
STEPWISE: Final = (ONE_BY_ONE | OF_ALL) - {"Concatenate", "GroupNormalization", "MultiHeadAttention", "Softmax"}
SKIPPING: Final = RECURRENT | {"GlobalAveragePooling1D"}  # a hidden step changes nothing of what they make

Place: TypeAlias = "tuple[str, int]"  # what a call of a layer makes: the layer's key, and which call
Users: TypeAlias = "Mapping[Place, list[tuple[Layer, int]]]"


class Product(NamedTuple):
    """A call of such a layer, and whether anything behind it heeds a mask."""

    layer: Layer
    call: int
    heeded: bool


def masked_products(model: Model, saved: Joining) -> Iterator[Product]:
    """Those of a Functional whose hidden steps got to what counted them in the Keras that saved it."""
    products = [layer for layer in model.layers if layer.class_name in PRODUCTS and not of_keras_3(layer.node)]
    if not products or not any(map(makes_mask, model.layers)):
        return
    masks, heard, users = masks_of(model, Joining.ANY), masks_of(model, saved), _users(model)
    ends = {(source.layer, source.call) for source in model.endpoints("output_layers")}
    heeded = _Way(users, lambda place: any(layer.class_name in HEEDING for layer, _ in users.get(place, ())), lambda layer: True)
    counted: dict[Mask, _Way] = {}
    for layer in products:
        for index, call in enumerate(layer.calls):
            hidden: Mask = frozenset().union(*map(masks, call))
            if hidden not in counted:
                counted[hidden] = _Way(users, _counting(hidden, heard, users, ends), lambda layer: layer.class_name in STEPWISE)
            if hidden and counted[hidden].begins_at((layer.key, index)):
                yield Product(layer, index, heeded.begins_at((layer.key, index)))


def _users(model: Model) -> Users:
    """The calls that take what each call makes."""
    found: dict[Place, list[tuple[Layer, int]]] = {}
    for layer in model.layers:
        for index, call in enumerate(layer.calls):
            for source in dict.fromkeys(call):
                found.setdefault((source.layer, source.call), []).append((layer, index))
    return found


def _counting(hidden: Mask, heard: Masks, users: Users, ends: set[Place]) -> Callable[[Place], bool]:
    """Whether something that takes what is made at a place did not skip those steps."""

    def counts(place: Place) -> bool:
        taking = {layer.class_name for layer, _ in users.get(place, ())}
        return (
            place in ends
            or not taking <= STEPWISE | SKIPPING
            or (not taking.isdisjoint(SKIPPING) and not hidden <= heard(Source(*place, 0)))
        )

    return counts


class _Way:
    """Which places lead to such a one; each is looked at once, however many are asked for."""

    def __init__(self, users: Users, ends: Callable[[Place], bool], through: Callable[[Layer], bool]) -> None:
        self._users, self._ends, self._through = users, ends, through
        self._known: dict[Place, bool] = {}

    def begins_at(self, begin: Place) -> bool:
        """By way of an explicit stack: models are deeper than Python's."""
        stack = [(begin, self._next(begin))]
        met = {begin}
        while stack:
            place, behind = stack[-1]
            if self._known.get(place) or self._ends(place):
                self._known.update((passed, True) for passed, _ in stack)
                return True
            following = next((one for one in behind if one not in met and self._known.get(one, True)), None)
            if following is None:
                self._known[place] = False
                stack.pop()
            else:
                met.add(following)
                stack.append((following, self._next(following)))
        return False

    def _next(self, place: Place) -> Iterator[Place]:
        return ((layer.key, index) for layer, index in self._users.get(place, ()) if self._through(layer))
