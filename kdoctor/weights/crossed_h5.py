"""Single arrays of two layers of an ``.h5`` in each other's place, where shapes leave one way alone to put them right."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document, Weight
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.weights.claims import Listed
from kdoctor.weights.stored import fits, is_told
from kdoctor.weights.stored_h5 import Group, ledger


class Crossed(NamedTuple):
    """Layers with their groups, and the moves: from the path where an array stands to the one where it belongs."""

    pairs: tuple[tuple[Listed, Group], ...]
    moves: tuple[tuple[str, str], ...]


class _Place(NamedTuple):
    row: Listed
    group: Group
    variable: Variable
    path: str
    weight: Weight

    @property
    def fitting(self) -> bool:
        return fits(self.variable.shape, self.weight.shape)


@lru_cache(maxsize=4)
def crossed(document: Document) -> Crossed | None:
    """Each array of a wrong shape fits the place of one other, and of all arrays of its role no second one fits that.

    None where an array stands nowhere, where each fits its own place with its axes turned as well, or its own layer in another order, and
    where these layers have other arrays of one role and shape, which may have been exchanged with them: then the file does not tell which
    of the two was done to it.
    """
    places = _places(document)
    wrong = [place for place in places or () if not place.fitting]
    if places is None or not wrong or not all(is_told(place.variable.shape) for place in wrong):
        return None
    held = Counter((place.variable.role, tuple(place.weight.shape)) for place in places)
    found = {(place.variable.role, tuple(place.weight.shape)): place.path for place in wrong}
    wanted = [(place.variable.role, tuple(length or 0 for length in place.variable.shape or ())) for place in wrong]
    if any(one not in found or held[one] != 1 for one in wanted):
        return None
    moves = tuple((found[one], place.path) for one, place in zip(wanted, wrong, strict=True))
    groups = {place.group.name: (place.row, place.group) for place in wrong}
    turned = all(place.variable.shape == tuple(place.weight.shape)[::-1] for place in wrong)
    each_once = len({old for old, _ in moves}) == len(moves)
    if _alike([place for place in places if place.fitting and place.group.name in groups]):
        return None
    return Crossed(tuple(groups.values()), moves) if each_once and not turned and len(groups) > 1 else None


def _alike(places: list[_Place]) -> bool:
    """Whether two layers have arrays of one role and one shape."""
    kinds = [(place.variable.role, tuple(place.weight.shape)) for place in places]
    return len({*kinds}) < len(kinds)


def _places(document: Document) -> list[_Place] | None:
    """Every array beside the variable that it is given to; None where one is missing, or is not counted as its layer counts."""
    found = ledger(document)
    if found is None or not found.disagreeing or any(row.variables is None for row, _ in found.pairs):
        return None
    places = []
    for row, group in found.pairs:
        own = any(name.split("/")[0] != row.name and f"/{row.name}/" not in f"/{name}" for name in group.names)
        if row.name != group.name or own or len(row.variables or ()) != len(group.names):
            return None  # whole groups may have been exchanged, or layers renamed
        for variable, name, weight in zip(row.variables or (), group.names, group.weights, strict=True):
            if weight is None:
                return None
            places.append(_Place(row, group, variable, f"{group.path[1:]}/{name}", weight))
    return places
