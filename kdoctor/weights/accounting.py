"""Whose every stored array is: the file's side of the account, where `kdoctor.weights.stored` and `kdoctor.weights.stored_h5` hold the layers' side."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from enum import Enum
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

from kdoctor.document import Document, Weight
from kdoctor.keras_api.layouts import CHECKPOINT, KERAS_3, LAYERS, Layout
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.structure.manifest import FOREIGN, LEGACY_ROOT
from kdoctor.weights.rearrange import Rearrangement, exchanges, relocations
from kdoctor.weights.renames import renames
from kdoctor.weights.stored import Place, accountable, accounts, around, is_told, opened, places
from kdoctor.weights.stored_h5 import TOP, Ledger, ledger


class Owner(str, Enum):
    """Who owns an array. UNTOLD: a layer whose class or config does not tell what it owns; STRAY: nobody, and nobody opens its place;
    SURPLUS: nobody, in a place that is opened for a layer which owns fewer."""

    LAYER = "layer"
    TRAINING = "training"
    UNTOLD = "untold"
    STRAY = "stray"
    SURPLUS = "surplus"


class Holding(NamedTuple):
    """One stored array and its owner: ``layer`` by name, ``role`` and the shape that its config claims, where they are told.

    moved: it stands where another release put it, or in another's place, and there is one place where it belongs. place: where a Keras 3
    archive keeps the variable (``layers/dense_1/vars/0``), whatever container this is.
    """

    path: str
    weight: Weight
    owner: Owner
    layer: str = ""
    role: str = ""
    claimed: Shape | None = None
    moved: bool = False
    place: str = ""


@lru_cache(maxsize=4)
def holdings(document: Document, layout: Layout = KERAS_3) -> tuple[Holding, ...]:
    """Every array of the file with its owner, in the order of the file. Never raises."""
    found = ledger(document)
    if document.format.native and accountable(document):
        owned = _in_archive(document, layout)
    elif found is not None:
        owned = _in_h5(document, found)
    else:
        owned = {path: Holding(path, weight, _unknown(path)) for path, weight in document.weights.items()}
    return tuple(owned[path] for path in document.weights)


def _foreign(path: str) -> bool:
    return FOREIGN.search(path.replace("\\", "/")) is not None


def _unknown(path: str) -> Owner:
    return Owner.TRAINING if _foreign(path) else Owner.UNTOLD


def _in_archive(document: Document, layout: Layout) -> dict[str, Holding]:
    owned: dict[str, Holding] = {}
    for account in accounts(document, layout):
        layer, home = account.claim.name, account.claim.place
        for variable in account.expected:
            stored = account.stored.get(variable.path.rpartition("/")[2])
            if stored is not None:
                path, weight = stored
                owned[path] = Holding(path, weight, Owner.LAYER, layer, variable.role, variable.shape, False, f"{home}/{variable.path}")
    owned |= _misplaced(document, layout)
    for path, weight in document.weights.items():
        if path not in owned:
            owned[path] = _left_over(path, weight, places(document, layout), opened(document, layout))
    return _doubted(owned) if _unplaced(document, layout) else owned


def _unplaced(document: Document, layout: Layout) -> bool:
    """Whether a layer of which the config does not tell what it owns has nothing in its place: then what stands elsewhere may be its own."""
    named = places(document, layout)
    if not all(place.told for place in named.values()):
        filled = {place.name for path in document.weights if (place := around(path, named)) is not None}
        if any(not place.told and place.name not in filled for place in named.values()):
            return True
    rows = accounts(document, layout)
    return any(not account.stored and any(not is_told(variable.shape) for variable in account.expected) for account in rows)


def _doubted(owned: dict[str, Holding]) -> dict[str, Holding]:
    return {path: holding._replace(owner=Owner.UNTOLD) if holding.owner is Owner.STRAY else holding for path, holding in owned.items()}


def _misplaced(document: Document, layout: Layout) -> Iterator[tuple[str, Holding]]:
    """The arrays that stand in a wrong place, of those to whom they belong."""
    for found in (*relocations(document, layout), *exchanges(document, layout), *renames(document, layout)):
        yield from _rightful(document, found)


def _rightful(document: Document, found: Rearrangement) -> Iterator[tuple[str, Holding]]:
    targets = {
        _plain(f"{account.group}/vars/{variable.path.rpartition('/')[2]}"): (account, variable)
        for account in found.accounts
        for variable in account.expected
    }
    for old, new in found.moves:
        if _plain(new) in targets:
            account, variable = targets[_plain(new)]
            weight, place = document.weights[old], f"{account.claim.place}/{variable.path}"
            yield old, Holding(old, weight, Owner.LAYER, account.claim.name, variable.role, variable.shape, moved=True, place=place)


def _plain(path: str) -> str:
    """A path with the folder of Keras 3, which has a second one to fall back to."""
    return path.replace(CHECKPOINT, LAYERS)


def _left_over(path: str, weight: Weight, named: Mapping[str, Place], there: frozenset[str]) -> Holding:
    """An array that no told claim is for."""
    group, in_group, _ = f"/{path}".replace("\\", "/").rpartition("/vars/")
    place = around(group.lstrip("/"), named)
    name = "" if place is None else place.name
    if _foreign(path):
        return Holding(path, weight, Owner.TRAINING, name)
    if place is not None and not place.told:
        return Holding(path, weight, Owner.UNTOLD, name)
    return Holding(path, weight, Owner.SURPLUS if in_group and group.lstrip("/") in there else Owner.STRAY, name)


def _in_h5(document: Document, found: Ledger) -> dict[str, Holding]:
    """The loader goes by order; where the numbers of layers and groups differ, the names tell whose an array is."""
    by_name = {layer.name: layer for layer in found.layers}
    pairs = found.pairs or tuple((by_name[group.name], group) for group in found.groups if group.name in by_name)
    owned: dict[str, Holding] = {}
    for layer, group in (*pairs, *((by_name[group.name], group) for group in found.groups if group.name in by_name and not group.names)):
        stem = f"{LEGACY_ROOT}{group.name}/"
        told = layer.variables is not None and bool(group.names)
        for name, weight in group.arrays.items():
            owned[stem + name] = Holding(stem + name, weight, Owner.STRAY if told else Owner.UNTOLD, layer.name)
        for index, (name, array) in enumerate(zip(group.names, group.weights, strict=True)):
            if array is None or layer.variables is None:
                continue
            if index < len(layer.variables):
                variable = layer.variables[index]
                place = f"{layer.place}/{variable.path}"
                owned[stem + name] = Holding(stem + name, array, Owner.LAYER, layer.name, variable.role, variable.shape, place=place)
            else:
                owned[stem + name] = Holding(stem + name, array, Owner.SURPLUS, layer.name)
    listed = {group.name for group in found.groups if group.names}
    for path, weight in document.weights.items():
        if path not in owned:
            owned[path] = Holding(path, weight, _elsewhere(path, listed))
    filled = {group.name for group in found.filled}
    return _doubted(owned) if any(layer.weighted is None and layer.name not in filled for layer in found.layers) else owned


def _elsewhere(path: str, listed: Collection[str]) -> Owner:
    """Arrays in no group of a layer: the optimizer's, the model's own, and those that no group lists."""
    if not path.startswith(LEGACY_ROOT):
        return Owner.TRAINING if _foreign(path) else Owner.STRAY
    steps = path.removeprefix(LEGACY_ROOT).split("/")
    inside = accumulate(steps[:-1], lambda group, step: f"{group}/{step}")
    return Owner.SURPLUS if steps[0] == TOP or any(group in listed for group in inside) else Owner.STRAY
