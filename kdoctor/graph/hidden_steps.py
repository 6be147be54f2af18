"""Where the values of hidden steps go in a Functional: to what skips these steps, or to what counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeAlias

from kdoctor.graph.masks import OF_ALL, ONE_BY_ONE, RECURRENT
from kdoctor.graph.merged_masks import Mask, Masks
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

# Layers that work on each step by itself: what a hidden one holds stays in it
STEPWISE: Final = (ONE_BY_ONE | OF_ALL) - {"Concatenate", "GroupNormalization", "MultiHeadAttention", "Softmax"}
SKIPPING: Final = RECURRENT | {"GlobalAveragePooling1D"}  # a hidden step changes nothing of what they make

Place: TypeAlias = "tuple[str, int]"  # what a call of a layer makes: the layer's key, and which call
Users: TypeAlias = "Mapping[Place, list[tuple[Layer, int]]]"


def users_of(model: Model) -> Users:
    """The calls that take what each call makes."""
    found: dict[Place, list[tuple[Layer, int]]] = {}
    for layer in model.layers:
        for index, call in enumerate(layer.calls):
            for source in dict.fromkeys(call):
                found.setdefault((source.layer, source.call), []).append((layer, index))
    return found


def counting(hidden: Mask, heard: Masks, users: Users, ends: set[Place], skipping: frozenset[str] = SKIPPING) -> Callable[[Place], bool]:
    """Whether something that takes what is made at a place did not skip those steps."""

    def counts(place: Place) -> bool:
        taking = {layer.class_name for layer, _ in users.get(place, ())}
        return (
            place in ends
            or not taking <= STEPWISE | skipping
            or (not taking.isdisjoint(skipping) and not hidden <= heard(Source(*place, 0)))
        )

    return counts


class Way:
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
