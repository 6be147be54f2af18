"""Whole archives that stand as another release writes them: each array is moved by the places of the two releases, none by its shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.keras_api.layouts import KERAS_2_12, KERAS_2_14, KERAS_2_15, KERAS_3, NUMBER, Layout, layout_for
from kdoctor.structure.manifest import FOREIGN
from kdoctor.structure.shared_layers import met_before
from kdoctor.weights.claims import claims
from kdoctor.weights.held import Held, within_reach
from kdoctor.weights.passed_over import passed_over
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
    own, writers, later = _Writer(layout, {}), _writers(document), met_before(document)
    rows = accounts(document, layout)
    near = [account for account in rows if account.claim.node.at not in later] if later else within_reach(rows, held)
    best = max(writers, key=lambda one: (_found(near, held, one), one.layout == saved, one == own))
    return _between(document, held, best, layout) if best != own and _explains(document, held, best) else None


class _Writer(NamedTuple):
    """A layout, and where it puts layers that it does not count with all others; None for those that it does not save."""

    layout: Layout
    elsewhere: Mapping[str, str | None]

    def place(self, place: str) -> str | None:
        found = self.elsewhere.get(place, place)
        return None if found is None else self.layout.place(found)

    def group(self, account: Account) -> str | None:
        found = self.elsewhere.get(account.claim.place, account.claim.place)
        return None if found is None else group_of(account.claim._replace(place=found), account.part, self.layout)


def _writers(document: Document) -> list[_Writer]:
    """Every layout; one that does not count what was saved before also as it would count all, which is how a repaired file stands."""
    elsewhere = passed_over(document)
    plain = [_Writer(one, {}) for one in LAYOUTS]
    return plain + [_Writer(one, elsewhere) for one in LAYOUTS if elsewhere and one.uncounted]


def _found(rows: Iterable[Account], held: Held, writer: _Writer) -> int:
    """For how many groups of arrays that the model needs there are some that fit, where the layout puts them."""
    return sum(_fitting(account, held, writer) for account in rows)


def _fitting(account: Account, held: Held, writer: _Writer) -> bool:
    stored = held.get(writer.group(account) or "", {})
    keys = {variable.path.rpartition("/")[2]: variable.shape for variable in account.expected}
    return set(keys) == set(stored) and all(fits(shape, stored[key][1].shape) for key, shape in keys.items())


def _explains(document: Document, held: Held, writer: _Writer) -> bool:
    """Whether each group that holds arrays lies in the place of a layer."""
    named = {writer.place(claim.place) for claim in claims(document)}
    return all(any(path in named for path in _around(group)) for group in held if not FOREIGN.search(group))


def _around(group: str) -> Iterator[str]:
    while group:
        yield group
        group = group.rpartition("/")[0]


def _between(document: Document, held: Held, writer: _Writer, layout: Layout) -> Moved | None:
    """The moves from one layout to another; a folder that the target opens as well is kept."""
    written = writer.layout
    kept = layout._replace(folders=written.folders[:1]) if written.folders[0] in layout.folders else layout
    rows = [
        (account, _moves(held, writer.group(account) or "", group_of(account.claim, account.part, kept)))
        for account in accounts(document, layout)
    ]
    moves = [move for _, found in rows for move in found] + _untold(document, held, writer, kept)
    settled = [account for account, found in rows if found]
    unsaved = [account for account, found in rows if not found and writer.group(account) is None]
    return Moved((*settled, *unsaved), tuple(moves), _why(rows, writer, kept)) if settled else None


def _moves(held: Held, old: str, new: str) -> list[tuple[str, str]]:
    return [(path, f"{new}/vars/{key}") for key, (path, _) in held.get(old, {}).items() if path != f"{new}/vars/{key}"]


def _untold(document: Document, held: Held, writer: _Writer, kept: Layout) -> list[tuple[str, str]]:
    """The arrays of layers whose class does not tell what it owns: all that lies in the place of one is its own."""
    untold = [claim.place for claim in claims(document) if claim.variables is None]
    places = {there: kept.place(place) for place in untold if (there := writer.place(place)) is not None}
    found: list[tuple[str, str]] = []
    for group in held if places else ():
        place = next((path for path in _around(group) if path in places), None)
        if place is not None:
            found += _moves(held, group, places[place] + group[len(place) :])
    return found


def _why(rows: list[tuple[Account, list[tuple[str, str]]]], writer: _Writer, kept: Layout) -> str:
    """In what the layouts differ for these arrays."""
    told, written = [], writer.layout
    if written.folders[0] not in kept.folders:
        told.append(f"{written.folders[0]}, the folder of another release")
    if any("\\" in old for _, moves in rows for old, _ in moves):
        told.append("backslashes, as Windows writes paths")
    names = _counted(rows, written, kept)
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        numbers = "numbers of Keras 2.13" if written.doubled else "numbers that Keras 2.13 has not"
        told.append(f"{numbers} ({', '.join(names[:SHOWN])}{more})")
    elif writer.elsewhere:
        told.append("numbers of Keras 2.15, which does not count a layer that it has saved in an earlier model")
    if any(written.part(a.claim.node.class_name, a.part) != kept.part(a.claim.node.class_name, a.part) for a, moves in rows if moves):
        told.append(f"names with{'' if written.underscored else 'out'} the underscore of Keras 2")
    return " and ".join(told) or "another release's paths"


def _counted(rows: list[tuple[Account, list[tuple[str, str]]]], written: Layout, kept: Layout) -> list[str]:
    """The names of layers of the classes that the two layouts count otherwise."""
    pairs = [tuple(one.place(account.claim.place).rpartition("/")[2] for one in (written, kept)) for account, _ in rows]
    otherwise = {NUMBER.sub("", old) for old, new in pairs if old != new}
    return list(dict.fromkeys(old for old, _ in pairs if NUMBER.sub("", old) in otherwise))
