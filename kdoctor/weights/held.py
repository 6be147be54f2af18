"""The arrays of an archive by the groups that hold them, and whether those of a group are what a layer needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from kdoctor.document import Document, Weight
from kdoctor.keras_api.layouts import halved
from kdoctor.keras_api.variables.variable import Variables
from kdoctor.weights.stored import Account, is_told

Stored: TypeAlias = Mapping[str, tuple[str, Weight]]  # arrays of one group and their paths, by key
Held: TypeAlias = Mapping[str, Stored]  # by group
Kind: TypeAlias = frozenset[tuple[str, tuple[int | None, ...]]]  # keys and shapes: what tells the arrays of layers apart


def held_by_group(document: Document) -> Held:
    """Stored arrays by group and key, all paths with slashes."""
    held: dict[str, dict[str, tuple[str, Weight]]] = {}
    for path, weight in document.weights.items():
        group, found, key = path.replace("\\", "/").rpartition("/vars/")
        if found:
            held.setdefault(group, {})[key] = (path, weight)
    return held


def needed(expected: Variables) -> Kind | None:
    """The keys and shapes of the arrays that variables need; None where one is not told."""
    found = {variable.path.rpartition("/")[2]: variable.shape for variable in expected}
    return frozenset((key, shape) for key, shape in found.items() if shape is not None) if all(map(is_told, found.values())) else None


def held_in(stored: Stored) -> Kind:
    """The keys and shapes of the arrays of one group."""
    return frozenset((key, tuple(weight.shape)) for key, (_, weight) in stored.items())


def belongs(expected: Variables, stored: Stored) -> bool:
    """Whether arrays are what the variables need: as many, with the same keys and shapes, all of which are told."""
    return needed(expected) == held_in(stored)


def within_reach(rows: Iterable[Account], held: Held) -> tuple[Account, ...]:
    """The accounts that a held group may be for, wherever it stands: as many steps lead to it, and it bears the account's last name, as one
    of the releases counts and calls it."""
    written = {(group.count("/"), group.rpartition("/")[2].lstrip("_")) for group in held}
    ends = written | {(steps, halved(name)) for steps, name in written}
    return tuple([account for account in rows if _end(account) in ends])


def _end(account: Account) -> tuple[int, str]:
    return account.group.count("/"), (account.part or account.claim.place).rpartition("/")[2].lstrip("_")
