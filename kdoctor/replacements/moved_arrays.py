"""Arrays of a ``.keras`` archive under the places that an edited graph gives their layers: those of the weights, which are counted by class, and
those of the optimizer, which stand in the order of the model's trained variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from kdoctor.document import Document, Weight
from kdoctor.edit import Edit, apply
from kdoctor.keras_api.loss_scaling import OWN, SCALING
from kdoctor.keras_api.slots import Style
from kdoctor.keras_api.variables.table import variables_of
from kdoctor.pointer import Pointer
from kdoctor.replacements.graph_order import ROOT, leaves, moves, touched
from kdoctor.structure.objects import Node
from kdoctor.weights.claims import claims
from kdoctor.weights.optimizer import INNER, NATIVE, Slots, optimizer_of, slots_of, style_of
from kdoctor.weights.optimizer_state import forgotten, state_arrays
from kdoctor.weights.places import Home
from kdoctor.weights.rearrange import edits as moved
from kdoctor.weights.state_places import places_of_state

Names: TypeAlias = tuple[str, ...]  # of a layer and those around it


class Trained(NamedTuple):
    """The trained variables of each layer, by their numbers in the order of the model, and where the optimizer has their slots; None where that is
    not told."""

    numbers: Mapping[Names, list[int]]
    slots: tuple[Slots, ...] | None


def with_arrays(document: Document, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits of a model's graph, and those that go with them because layers come in another order."""
    edits = tuple(edits)
    return (*edits, *moved_arrays(document, apply(document, edits), touched(document, edits)))


def moved_arrays(before: Document, after: Document, within: Sequence[Pointer] = (ROOT,)) -> tuple[Edit, ...]:
    """The edits on arrays that lead from one graph of the same layers to another; within: the models in which the two differ."""
    return (*moved(before, moves(before, after, within)), *_state(before, after, within))


def _state(before: Document, after: Document, within: Iterable[Pointer]) -> tuple[Edit, ...]:
    """The slots of the optimizer, which has one of each for every trained variable."""
    if not before.format.native or not _holds_state(before):
        return ()
    order: dict[int, int] = {}
    for model in within:
        was, now = leaves(before, model), leaves(after, model, before)
        if not _reordered(was, now):
            continue
        found = _order(_trained(before).numbers, was, now)
        if found is None:
            return ()  # layers that are not the same any more
        order |= found
    slots = _trained(before).slots if order else ()
    # Where they are not known to be theirs, Keras would go on with those of others.
    return forgotten(before) if slots is None else tuple(_put(before, order, slots))


def _reordered(was: Iterable[Home], now: Iterable[Home]) -> bool:
    places = {home.names: index for index, home in enumerate(was)}
    found = [places[home.names] for home in now if home.names in places]
    return found != sorted(found)


def _order(numbers: Mapping[Names, list[int]], was: Sequence[Home], now: Sequence[Home]) -> dict[int, int] | None:
    """For each trained variable that comes elsewhere, which one stood there before; None where a layer is not the same any more."""
    classes = {home.names: home.node.class_name for home in was}
    if any(_trains(home.node) if home.names not in classes else _is_other(home, classes, numbers) for home in now):
        return None
    stood, stands = ([number for home in listed for number in numbers.get(home.names, ())] for listed in (was, now))
    if sorted(stood) != sorted(stands):
        return None
    return {place: number for place, number in zip(stood, stands, strict=True) if place != number}


def _is_other(home: Home, classes: Mapping[Names, str], numbers: Mapping[Names, list[int]]) -> bool:
    return home.names in numbers and classes[home.names] != home.node.class_name


def _trains(node: Node) -> bool:
    return any(variable.trainable and variable.weight for variable in variables_of(node, (), lambda model, given: None) or ())


def _put(document: Document, order: Mapping[int, int], slots: Iterable[Slots]) -> Iterator[Edit]:
    """The edits that put each slot in the place where it belongs, and where an archive keeps the optimizer within another one a second time, there, too."""
    twice = OWN if optimizer_of(document)[0] == SCALING and style_of(document) is Style.KERAS_3 else 0
    for start, width in slots:
        for place, number in order.items():
            for slot in range(width):
                to, of = start + place * width + slot, start + number * width + slot
                for folder, less in ((NATIVE, 0), (f"{INNER}vars/", twice)):
                    old, new = (document.weights.get(f"{folder}{index - less}") for index in (to, of))
                    if old is not None and new is not None and old != new:
                        yield Edit(Pointer("weights", (f"{folder}{to - less}",)), old=old, new=new)


@lru_cache(maxsize=4)
def _trained(document: Document) -> Trained:
    found = [
        f"{claim.place}/{variable.path}"
        for claim in claims(document)
        for variable in claim.variables or ()
        if variable.trainable and variable.weight
    ]
    layers = {home.place: home.names for home in leaves(document, ROOT)}
    numbers: dict[Names, list[int]] = {}
    for number, path in enumerate(found):
        place = path
        while place and place not in layers:
            place = place.rpartition("/")[0]
        numbers.setdefault(layers.get(place, ()), []).append(number)
    arrays = [document.weights[path] for path in found if path in document.weights]
    return Trained(numbers, _slots(document, arrays) if len(arrays) == len(found) else None)


def _slots(document: Document, trained: Sequence[Weight]) -> tuple[Slots, ...] | None:
    found = slots_of(document, trained)
    return places_of_state(document, trained) if found is None else found


@lru_cache(maxsize=4)
def _holds_state(document: Document) -> bool:
    return bool(state_arrays(document))
