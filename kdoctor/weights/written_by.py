"""Whole archives that stand as another release writes them: each array is moved by the places of the two releases, none by its shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.keras_api.layouts import KERAS_2_12, KERAS_2_14, KERAS_2_15, KERAS_3, NUMBER, Layout, layout_for
from kdoctor.structure.manifest import FOREIGN
from kdoctor.weights.claims import claims
from kdoctor.weights.held import Held, within_reach
from kdoctor.weights.stored import Account, accounts, fits, group_of

LAYOUTS = (KERAS_3, KERAS_2_15, KERAS_2_14, KERAS_2_12)
SHOWN = 12


class Moved(NamedTuple):
    """What stands where another release puts it: the accounts that moving it settles, old and new paths, and how people call the difference."""

    accounts: tuple[Account, ...]
    moves: tuple[tuple[str, str], ...]
    why: str


def moved_as_a_whole(document: Document, held: Held, layout: Layout) -> Moved | None:
    """The moves from the one other layout in which every array of the model has its place; None where the target's own is as good.

    Groups of Keras 2.13 and of later releases share names with another meaning (``dense_2`` is the second layer, or the third), so a
    single group tells nothing: the layout that finds most layers counts, of equal ones that of the release which saved the file.
    """
    saved = layout_for(document.saved_by().keras or "")
    near = within_reach(accounts(document, layout), held)
    best = max(LAYOUTS, key=lambda one: (_found(near, held, one), one == saved, one == layout))
    return _between(document, held, best, layout) if best != layout and _explains(document, held, best) else None


def _found(rows: Iterable[Account], held: Held, layout: Layout) -> int:
    """For how many groups of arrays that the model needs there are some that fit, where the layout puts them."""
    return sum(_fitting(account, held, layout) for account in rows)


def _fitting(account: Account, held: Held, layout: Layout) -> bool:
    stored = held.get(group_of(account.claim, account.part, layout), {})
    keys = {variable.path.rpartition("/")[2]: variable.shape for variable in account.expected}
    return set(keys) == set(stored) and all(fits(shape, stored[key][1].shape) for key, shape in keys.items())


def _explains(document: Document, held: Held, layout: Layout) -> bool:
    """Whether each group that holds arrays lies in the place of a layer."""
    named = {layout.place(claim.place) for claim in claims(document)}
    return all(any(path in named for path in _around(group)) for group in held if not FOREIGN.search(group))


def _around(group: str) -> Iterator[str]:
    while group:
        yield group
        group = group.rpartition("/")[0]


def _between(document: Document, held: Held, written: Layout, layout: Layout) -> Moved | None:
    """The moves from one layout to another; a folder that the target opens as well is kept."""
    kept = layout._replace(folders=written.folders[:1]) if written.folders[0] in layout.folders else layout
    rows = [
        (account, _moves(held, group_of(account.claim, account.part, written), group_of(account.claim, account.part, kept)))
        for account in accounts(document, layout)
    ]
    settled = tuple(account for account, moves in rows if moves)
    moves = [move for _, found in rows for move in found] + _untold(document, held, written, kept)
    return Moved(settled, tuple(moves), _why(rows, written, kept)) if settled else None


def _moves(held: Held, old: str, new: str) -> list[tuple[str, str]]:
    return [(path, f"{new}/vars/{key}") for key, (path, _) in held.get(old, {}).items() if path != f"{new}/vars/{key}"]


def _untold(document: Document, held: Held, written: Layout, kept: Layout) -> list[tuple[str, str]]:
    """The arrays of layers whose class does not tell what it owns: all that lies in the place of one is its own."""
    places = {written.place(claim.place): kept.place(claim.place) for claim in claims(document) if claim.variables is None}
    found: list[tuple[str, str]] = []
    for group in held if places else ():
        place = next((path for path in _around(group) if path in places), None)
        if place is not None:
            found += _moves(held, group, places[place] + group[len(place) :])
    return found


def _why(rows: list[tuple[Account, list[tuple[str, str]]]], written: Layout, kept: Layout) -> str:
    """In what the layouts differ for these arrays."""
    told = []
    if written.folders[0] not in kept.folders:
        told.append(f"{written.folders[0]}, the folder of another release")
    if any("\\" in old for _, moves in rows for old, _ in moves):
        told.append("backslashes, as Windows writes paths")
    names = _counted(rows, written, kept)
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        numbers = "numbers of Keras 2.13" if written.doubled else "numbers that Keras 2.13 has not"
        told.append(f"{numbers} ({', '.join(names[:SHOWN])}{more})")
    if any(written.part(a.claim.node.class_name, a.part) != kept.part(a.claim.node.class_name, a.part) for a, moves in rows if moves):
        told.append(f"names with{'' if written.underscored else 'out'} the underscore of Keras 2")
    return " and ".join(told) or "another release's paths"


def _counted(rows: list[tuple[Account, list[tuple[str, str]]]], written: Layout, kept: Layout) -> list[str]:
    """The names of layers of the classes that the two layouts count otherwise."""
    pairs = [tuple(one.place(account.claim.place).rpartition("/")[2] for one in (written, kept)) for account, _ in rows]
    otherwise = {NUMBER.sub("", old) for old, new in pairs if old != new}
    return list(dict.fromkeys(old for old, _ in pairs if NUMBER.sub("", old) in otherwise))
