"""Arrays of an archive that only bear another name, and the one place that lacks exactly these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from kdoctor.document import Document, Weight
from kdoctor.keras_api.layouts import KERAS_3, Layout
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.structure.manifest import FOREIGN
from kdoctor.weights.held import Held, Kind, Stored, held_in, needed
from kdoctor.weights.own_folders import in_own_folders
from kdoctor.weights.rearrange import Rearrangement, exchanges, relocations
from kdoctor.weights.stored import Account, accounts, around, fits, is_told, opened, places

COUNTED = re.compile(r"([^0-9]*)([0-9]{1,9})([^0-9]*(?::0)?)")
Parts: TypeAlias = frozenset[tuple[str, Kind]]  # the arrays of each part of a layer


@lru_cache(maxsize=4)
def renames(document: Document, layout: Layout = KERAS_3) -> tuple[Rearrangement, ...]:
    """What was renamed: an array within its group, or all that a layer owns. Only where every array fits one place, and that one array."""
    rows = [account for account in accounts(document, layout) if account.missing]
    if not rows:
        return ()
    settled = {id(one) for found in (*relocations(document, layout), *exchanges(document, layout)) for one in found.accounts}
    lacking = [account for account in rows if id(account) not in settled]
    within = [found for account in lacking if (found := _within(account)) is not None]
    own = tuple(in_own_folders(document, layout, lacking))
    found_own = {id(account) for found in own for account in found.accounts}
    return (*within, *own, *_elsewhere(document, layout, [account for account in lacking if id(account) not in found_own]))


def _within(account: Account) -> Rearrangement | None:
    """As many arrays as variables, some under keys that nobody opens: where shapes, or the other keys, leave one way alone."""
    if not account.stored:
        return None
    keys = {variable.path.rpartition("/")[2]: variable.shape for variable in account.expected}
    extra = sorted(key for key in account.stored if key not in keys)
    if len(account.stored) != len(keys) or not extra:
        return None
    chosen = _by_shapes(keys, account.stored) or _by_numbers(keys, account.stored)
    if chosen is None and not account.mismatched:
        lacking = {key: shape for key, shape in keys.items() if key not in account.stored}
        chosen = _by_shapes(lacking, {key: account.stored[key] for key in extra})
        if chosen is not None and not _in_order({**{key: key for key in keys}, **chosen}):
            return None  # all may be counted from 1 instead
    if chosen is None:
        return None
    moves = tuple((account.stored[old][0], f"{account.group}/vars/{new}") for new, old in chosen.items() if old != new)
    return Rearrangement((account,), moves, f"{', '.join(extra)} in {account.group}/vars")


def _by_shapes(wanted: Mapping[str, Shape | None], stored: Stored) -> dict[str, str] | None:
    """Key of each variable -> key of the one array that has its shape; None where one fits none, or several."""
    found: dict[str, str] = {}
    for key, shape in wanted.items():
        fitting = [old for old, (_, weight) in stored.items() if is_told(shape) and fits(shape, weight.shape)]
        if len(fitting) != 1:
            return None
        found[key] = fitting[0]
    return found if len(set(found.values())) == len(found) else None


def _by_numbers(wanted: Mapping[str, Shape | None], stored: Stored) -> dict[str, str] | None:
    """Key of each variable -> key of the array whose number it is, where all are counted alike, from 0 on: ``00``, ``01``, or ``w0``, ``w1``."""
    counted = [(COUNTED.fullmatch(key), key) for key in stored]
    if len({(found[1], found[3]) if found else None for found, _ in counted}) != 1:
        return None
    found = {str(int(number[2])): key for number, key in counted if number}
    fit = found.keys() == wanted.keys() and all(fits(shape, stored[found[key]][1].shape) for key, shape in wanted.items())
    return {key: found[key] for key in wanted} if fit and len(found) == len(stored) else None


def _in_order(chosen: Mapping[str, str]) -> bool:
    """Whether arrays that are counted by numbers keep their order; other names have none."""
    if not all(key.isdecimal() for key in (*chosen, *chosen.values())):
        return True
    numbers = [int(chosen[key]) for key in sorted(chosen, key=int)]
    return numbers == sorted(numbers)


def _elsewhere(document: Document, layout: Layout, lacking: list[Account]) -> Iterator[Rearrangement]:
    """All that a layer owns in a folder that nobody opens: the folder fits that layer alone, and the layer that folder alone."""
    orphans = _orphans(document, layout) if lacking else {}
    if not orphans:
        return
    by_claim: dict[str, list[Account]] = {}
    for account in lacking:
        by_claim.setdefault(account.claim.place, []).append(account)
    alike: dict[Parts, list[list[Account]]] = {}  # layers that the same folders fit
    for rows in by_claim.values():
        wanted = frozenset((account.part, kind) for account in rows if (kind := needed(account.expected)) is not None)
        if len(wanted) == len(rows) and not any(account.stored for account in rows):
            alike.setdefault(wanted, []).append(rows)
    folders = _folders(orphans, max((len(part.split("/")) for wanted in alike for part, _ in wanted), default=0))
    for wanted, layers in alike.items():
        fitting = folders.get(wanted, [])
        if len(layers) == len(fitting) == 1:
            yield _moved(layers[0], fitting[0], orphans)


def _moved(rows: list[Account], folder: str, orphans: Held) -> Rearrangement:
    moves = [(path, f"{account.group}/vars/{key}") for account in rows for key, (path, _) in orphans[_group(folder, account.part)].items()]
    return Rearrangement(tuple(rows), tuple(moves), folder)


def _orphans(document: Document, layout: Layout) -> Held:
    """The groups that no layer opens or may own, with their arrays."""
    at_home = {account.group for account in accounts(document, layout)}
    held: dict[str, dict[str, tuple[str, Weight]]] = {}
    for path, weight in document.weights.items():
        group, found, key = path.rpartition("/vars/")
        if found and group not in at_home and not FOREIGN.search(path):
            held.setdefault(group, {})[key] = (path, weight)
    if not held:
        return {}
    there, named = opened(document, layout), places(document, layout)
    return {group: arrays for group, arrays in held.items() if group not in there and around(group, named) is None}


def _folders(orphans: Held, deepest: int) -> Mapping[Parts, list[str]]:
    """The folders by all that stands in them, where that is no deeper than so many steps."""
    inside: dict[str, set[tuple[str, Kind]]] = {}
    deeper: set[str] = set()
    for group, stored in orphans.items():
        folder, part, kind = group, "", held_in(stored)
        for _ in range(deepest + 1):
            inside.setdefault(folder, set()).add((part, kind))
            folder, _, name = folder.rpartition("/")
            part = _group(name, part)
        while folder and folder not in deeper:
            deeper.add(folder)
            folder = folder.rpartition("/")[0]
    found: dict[Parts, list[str]] = {}
    for folder, parts in inside.items():
        if folder and folder not in deeper:
            found.setdefault(frozenset(parts), []).append(folder)
    return found


def _group(folder: str, part: str) -> str:
    return f"{folder}/{part}" if part else folder
