"""Whole groups of an ``.h5`` in each other's place, where shapes leave one way alone to put them right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.weights.claims import Listed, leaves, listed
from kdoctor.weights.rearrange import edits
from kdoctor.weights.stored import is_told
from kdoctor.weights.stored_h5 import Group, fitting, ledger

Kind: TypeAlias = "tuple[Shape | None, ...]"  # the shapes of what a layer has, in order


class Exchange(NamedTuple):
    """A layer, the group that stands in the place of its own, and its own."""

    layer: Listed
    there: Group
    own: Group


@lru_cache(maxsize=4)
def exchanged(document: Document) -> tuple[Exchange, ...]:
    """The groups that stand in each other's place: each has exactly the shapes that one other layer of them needs, and of all groups it
    alone. Each array bears the name of that layer, or none; then no other array of theirs has its role and shape, or each list of arrays is
    another than that of its layer, so that it came with the whole group.

    Empty where a layer is given a group of another name, which the list of groups tells, and where each array fits its place with its axes
    turned as well: then the file does not tell which of the two was done to it.
    """
    rows = _fitting(document)
    return rows if rows and _theirs(_owners(document), rows) and not _alike(document, rows) else ()


def perhaps_exchanged(document: Document) -> tuple[Exchange, ...]:
    """Such groups whose arrays bear no layer's name, and of which two have one role and one shape: these may have been left where they were."""
    rows = _fitting(document)
    return rows if rows and _theirs(_owners(document), rows) and _alike(document, rows) else ()


@lru_cache(maxsize=4)
def _fitting(document: Document) -> tuple[Exchange, ...]:
    """The groups that stand in each other's place as far as shapes tell."""
    found = ledger(document)
    wrong = [] if found is None else [(layer, group) for layer, group in found.pairs if not _may_be(layer, group)]
    if found is None or not wrong:
        return ()
    groups: dict[Kind, list[Group]] = {}
    for group in found.filled:
        groups.setdefault(_kind(group), []).append(group)
    there = {group.name for _, group in wrong}
    rows = []
    for layer, group in wrong:
        fit = groups.get(tuple(variable.shape for variable in layer.variables or ()), [])
        if layer.name != group.name or len(fit) != 1 or fit[0].name not in there or not fitting(layer.variables or (), fit[0].weights):
            return ()
        rows.append(Exchange(layer, group, fit[0]))
    whole = len({row.own.name for row in rows}) == len(there) == len(rows) and all(
        row.there.arrays.keys() == {*row.there.names} for row in rows
    )
    return tuple(rows) if whole and not _turned(rows) else ()


def put_back(document: Document, rows: Sequence[Exchange]) -> tuple[Edit, ...]:
    """The edits that give each layer its own group, arrays and list."""
    moves = [(f"{row.own.path[1:]}/{name}", f"{row.there.path[1:]}/{name}") for row in rows for name in row.own.names]
    lists = [Edit(row.there.at / "weight_names", old=list(row.there.names), new=list(row.own.names)) for row in rows]
    return (*edits(document, moves), *(edit for edit in lists if edit.old != edit.new))


def _may_be(layer: Listed, group: Group) -> bool:
    """Whether the loader takes what is in a group for the layer."""
    variables = layer.variables
    return variables is None or fitting(variables, group.weights) or not all(is_told(variable.shape) for variable in variables)


def _kind(group: Group) -> Kind:
    return tuple(None if weight is None else tuple(weight.shape) for weight in group.weights)


def _turned(rows: Sequence[Exchange]) -> bool:
    return all(_kind(row.there) == tuple(variable.shape and variable.shape[::-1] for variable in row.layer.variables or ()) for row in rows)


def _theirs(owners: Mapping[str, str], rows: Sequence[Exchange]) -> bool:
    """Whether no array bears the name of another layer than the one that it is given to."""
    return all(not (borne := _borne(name, owners)) or row.layer.name in borne for row in rows for name in row.own.names)


def _alike(document: Document, rows: Sequence[Exchange]) -> bool:
    """Whether some arrays bear no layer's name, two of them all have one role and one shape, and nothing tells that these moved with the others."""
    if all(row.there.names != row.own.names for row in rows):
        return False
    owners = _owners(document)
    kinds = [(variable.role, variable.shape) for row in rows for variable in row.layer.variables or ()]
    return len({*kinds}) < len(kinds) and any(not _borne(name, owners) for row in rows for name in row.own.names)


def _borne(name: str, owners: Mapping[str, str]) -> set[str]:
    """The layers whose names an array bears."""
    return {owners[step] for step in name.split("/")[:-1] if step in owners}


@lru_cache(maxsize=4)
def _owners(document: Document) -> Mapping[str, str]:
    """The layer of the outermost model that a name is of: its own, or that of a layer in it, where no second one has that name."""
    rows = listed(document)
    owners = {layer.name: {layer.name} for layer in rows}
    for layer in rows:
        for node, _ in leaves(layer.node):
            owners.setdefault(node.name or "", set()).add(layer.name)
    return {name: next(iter(some)) for name, some in owners.items() if len(some) == 1}
