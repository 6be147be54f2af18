"""Arrays that stand in the wrong place of an archive, and the one place where each belongs: by paths that releases used, or by shapes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from kdoctor.document import ABSENT, Document, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import CHECKPOINT, KERAS_3, LAYERS, Layout
from kdoctor.pointer import Pointer
from kdoctor.weights.held import Held, Kind, Stored, belongs, held_by_group, held_in, needed, within_reach
from kdoctor.weights.stored import Account, accounts, fits, is_told
from kdoctor.weights.written_by import moved_as_a_whole

Contents: TypeAlias = Mapping[str, Collection[str]]  # what stands in each folder
NUMBERED = re.compile(r"(.*?)(?:_([0-9]+))?")


class Rearrangement(NamedTuple):
    """Arrays to move (old path, new path), the accounts that this settles, and what is wrong with where they stand."""

    accounts: tuple[Account, ...]
    moves: tuple[tuple[str, str], ...]
    why: str = ""


def edits(document: Document, moves: Iterable[tuple[str, str]]) -> tuple[Edit, ...]:
    """The edits that move arrays; several may exchange their places."""
    moves = tuple(moves)
    after: dict[str, Weight] = {new: document.weights[old] for old, new in moves}
    places = dict.fromkeys(path for move in moves for path in move)
    return tuple(
        Edit(Pointer("weights", (path,)), old=document.weights.get(path, ABSENT), new=after.get(path, ABSENT))
        for path in places
        if document.weights.get(path) != after.get(path)
    )


@lru_cache(maxsize=4)
def relocations(document: Document, layout: Layout = KERAS_3) -> tuple[Rearrangement, ...]:
    """Groups that stand where another release put them, and the target does not look."""
    held = held_by_group(document)
    homeless = tuple(account for account in accounts(document, layout) if not account.stored) if held else ()
    if not homeless:
        return ()
    whole = moved_as_a_whole(document, held, layout)
    if whole is not None:
        return (Rearrangement(*whole),)
    return (*_elsewhere(homeless, held, layout), *_renumbered(accounts(document, layout), held, layout))


def _elsewhere(homeless: tuple[Account, ...], held: Held, layout: Layout) -> Iterator[Rearrangement]:
    settled: dict[str, list[tuple[Account, Stored]]] = {}
    by_twos = _by_twos(_contents(held))
    for account in within_reach(homeless, held):
        for group, why in _other_places(account, by_twos, layout):
            stored = held.get(group, {})
            if belongs(account.expected, stored):
                settled.setdefault(why, []).append((account, stored))
                break
    for why, rows in settled.items():
        moves = tuple((path, f"{account.group}/vars/{key}") for account, stored in rows for key, (path, _) in stored.items())
        yield Rearrangement(tuple(account for account, _ in rows), moves, why)


def _other_places(account: Account, by_twos: Mapping[tuple[str, str], bool], layout: Layout) -> Iterator[tuple[str, str]]:
    """Where other releases and systems put an account's arrays, and how people call that."""
    head, _, last = account.group.rpartition("/")
    container, _, name = layout.place(account.claim.place).rpartition("/")
    for folder, inside in _containers(container, layout).items():
        if by_twos.get((inside, _stem(name)), layout.doubled) != layout.doubled:
            continue  # dense_2 is another layer there
        moved = re.sub(rf"(^|/){layout.folders[0]}/", rf"\1{folder}/", f"{head}/")
        known = folder in layout.folders
        yield moved + last, "backslashes, as Windows writes paths" if known else f"{folder}, the folder of another release"
        if account.part:
            yield f"{moved}_{last}", "names with an underscore, those of Keras 2"
            yield moved + last.lstrip("_"), "names without the underscore of Keras 2"


def _by_twos(contents: Contents) -> Mapping[tuple[str, str], bool]:
    """Whether the layers of each class in each folder, where they have numbers, are counted by twos, as Keras 2.12 and 2.13 count."""
    found: dict[tuple[str, str], bool] = {}
    for inside, names in contents.items():
        for name in names:
            if number := _number(name):
                found[inside, _stem(name)] = found.get((inside, _stem(name)), True) and number % 2 == 0
    return found


def _renumbered(rows: tuple[Account, ...], held: Held, layout: Layout) -> Iterator[Rearrangement]:
    """Keras 2.13 numbered dense, dense_2, dense_4 what is dense, dense_1, dense_2 to all others."""
    families: dict[tuple[str, str], dict[str, list[Account]]] = {}
    for account in rows:
        container, _, name = layout.place(account.claim.place).rpartition("/")
        families.setdefault((container, _stem(name)), {}).setdefault(name, []).append(account)
    contents = _contents(held)
    for (container, stem), members in families.items():
        places = tuple(_containers(container, layout).values())
        inside = next((place for place in places if place in contents), container)
        present = sorted((name for name in contents.get(inside, ()) if _stem(name) == stem), key=_number)
        if len(present) != len(members) or set(present) == set(members):
            continue
        right = inside if inside in places[: len(layout.folders)] else container
        yield from _family(inside, right, dict(zip(members, present, strict=True)), members, held)


def _contents(held: Held) -> Contents:
    """The names of what stands in each folder on the way to a group."""
    found: dict[str, dict[str, None]] = {}
    for group in held:
        folder = group
        while folder:
            folder, _, name = folder.rpartition("/")
            inside = found.setdefault(folder, {})
            if name in inside:
                break  # and so all around it
            inside[name] = None
    return found


def _containers(container: str, layout: Layout) -> dict[str, str]:
    """The place of a model's layers in each folder: in those that the target opens, then in those of other releases."""
    folders = dict.fromkeys((*layout.folders, LAYERS, CHECKPOINT))
    steps = container.split("/")
    return {folder: "/".join([folder if step == layout.folders[0] else step for step in steps]) for folder in folders}


def _family(
    inside: str, container: str, names: Mapping[str, str], members: Mapping[str, list[Account]], held: Held
) -> Iterator[Rearrangement]:
    moves: list[tuple[str, str]] = []
    for right, present in names.items():
        for account in members[right]:
            tail = f"/{account.part}" if account.part else ""
            stored = held.get(f"{inside}/{present}{tail}", {})
            if not belongs(account.expected, stored):
                return
            moves += ((path, f"{container}/{right}{tail}/vars/{key}") for key, (path, _) in stored.items())
    settled = tuple(account for owned in members.values() for account in owned)
    yield Rearrangement(
        settled, tuple(move for move in moves if move[0] != move[1]), f"numbers of Keras 2.13 ({', '.join(names.values())})"
    )


def _stem(name: str) -> str:
    found = NUMBERED.fullmatch(name)
    return found[1] if found else name


def _number(name: str) -> int:
    found = NUMBERED.fullmatch(name)
    return int(found[2]) if found and found[2] else 0


@lru_cache(maxsize=4)
def exchanges(document: Document, layout: Layout = KERAS_3) -> tuple[Rearrangement, ...]:
    """Arrays that stand in each other's places, where shapes leave one way alone to put them right."""
    wrong = tuple(account for account in accounts(document, layout) if account.stored and not account.balanced)
    inside = tuple(found for account in wrong if (found := _within(account)) is not None)
    settled = {id(account) for found in inside for account in found.accounts}
    open_ones = tuple(account for account in wrong if id(account) not in settled)
    whole, single = _between(open_ones, accounts(document, layout)), _across(open_ones, accounts(document, layout))
    if whole is not None and (_fewer(open_ones, whole) or (single is not None and {*whole.moves} != {*single.moves})):
        return inside  # the arrays that fit where they are may have been exchanged with the others, or not: nothing tells
    between = whole or single
    return (*inside, *(() if between is None else (between,)))


def _fewer(wrong: tuple[Account, ...], whole: Rearrangement) -> bool:
    """Whether arrays that fit where they are would be moved, while the others, of whatever role, may have been exchanged among themselves."""
    if any(account.missing or len(account.stored) != len(account.expected) for account in wrong):
        return False
    strange = [place for account in wrong for place in account.mismatched]
    needed_there = Counter(variable.shape for variable, _, _ in strange)
    return needed_there == Counter(tuple(weight.shape) for _, _, weight in strange) and {*dict(whole.moves)} != {
        path for _, path, _ in strange
    }


@lru_cache(maxsize=4)
def displaced(document: Document, layout: Layout = KERAS_3) -> frozenset[Pointer]:
    """The layers whose arrays stand elsewhere, or in each other's place."""
    if not document.weights:
        return frozenset()
    found = (*exchanges(document, layout), *relocations(document, layout))
    return frozenset(account.claim.node.at for one in found for account in one.accounts)


def _within(account: Account) -> Rearrangement | None:
    """The arrays of one group in another order."""
    arrays = list(account.stored.values())
    moves = []
    for variable in account.expected:
        key = variable.path.rpartition("/")[2]
        fitting = [path for path, weight in arrays if _proves(variable.shape, weight)]
        if len(fitting) != 1 or key not in account.stored:
            return None
        moves.append((fitting[0], account.stored[key][0]))
    if len({old for old, _ in moves}) != len(account.stored):
        return None
    return Rearrangement((account,), tuple(move for move in moves if move[0] != move[1]), "another order")


def _between(wrong: tuple[Account, ...], every: tuple[Account, ...]) -> Rearrangement | None:
    """The groups of several layers exchanged: every one fits exactly one other, of all layers, those with fitting arrays included."""
    moves: list[tuple[str, str]] = []
    taken: set[str] = set()
    alike: dict[Kind, list[Account]] = {}
    for account in every if wrong else ():
        alike.setdefault(held_in(account.stored), []).append(account)
    for account in wrong:
        wanted = needed(account.expected)
        fitting = [] if wanted is None else alike.get(wanted, [])
        if len(fitting) != 1 or fitting[0].balanced:
            return None
        taken.add(fitting[0].group)
        moves += ((path, f"{account.group}/vars/{key}") for key, (path, _) in fitting[0].stored.items())
    return Rearrangement(wrong, tuple(moves), "each other's place") if wrong and len(taken) == len(wrong) else None


def _across(wrong: tuple[Account, ...], every: tuple[Account, ...]) -> Rearrangement | None:
    """Single arrays of several layers exchanged: each fits the place of one other, and of all arrays of its role no second one fits that.
    Not where each fits its own with its axes turned as well: then the file does not tell which of the two was done to it."""
    if any(account.missing or len(account.stored) != len(account.expected) for account in wrong):
        return None
    places = [place for account in wrong for place in account.mismatched]
    held = Counter((role, tuple(weight.shape)) for account in every for role, weight in account.by_role)
    found = {(variable.role, tuple(weight.shape)): path for variable, path, weight in places}
    moves = []
    for variable, path, _ in places:
        wanted = (variable.role, tuple([length if length is not None else -1 for length in variable.shape or ()]))
        if wanted not in found or held[wanted] != 1:
            return None
        moves.append((found[wanted], path))
    turned = all(variable.shape == tuple(weight.shape)[::-1] for variable, _, weight in places)
    each_once = len({old for old, _ in moves}) == len(moves) > 0
    return Rearrangement(wrong, tuple(moves), "each other's place") if each_once and not turned else None


def _proves(shape: tuple[int | None, ...] | None, weight: Weight) -> bool:
    return is_told(shape) and fits(shape, weight.shape)
