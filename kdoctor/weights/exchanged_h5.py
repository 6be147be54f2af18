"""Whole groups of an ``.h5`` in each other's place, where shapes leave one way alone to put them right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.weights.claims import Listed, leaves
from kdoctor.weights.rearrange import edits
from kdoctor.weights.stored import is_told
from kdoctor.weights.stored_h5 import Group, Ledger, fitting, ledger

Kind: TypeAlias = "tuple[Shape | None, ...]"  # the shapes of what a layer has, in order


class Exchange(NamedTuple):
    """A layer, the group that stands in the place of its own, and its own."""

    layer: Listed
    there: Group
    own: Group


@lru_cache(maxsize=4)
def exchanged(document: Document) -> tuple[Exchange, ...]:
    """The groups that stand in each other's place: each has exactly the shapes that one other layer of them needs, and of all groups it
    alone. Each array bears the name of that layer, or none, and then no other array of theirs has its role and shape.

    Empty where a layer is given a group of another name, which the list of groups tells, and where each array fits its place with its axes
    turned as well: then the file does not tell which of the two was done to it.
    """
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
    return tuple(rows) if whole and not _turned(rows) and _theirs(found, rows) else ()


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


def _theirs(found: Ledger, rows: Sequence[Exchange]) -> bool:
    """Whether each array bears the name of the layer that it is given to; where one bears none, whether all roles and shapes differ."""
    owners = _owners(found)
    bare = False
    for row in rows:
        for name in row.own.names:
            borne = {owners[step] for step in name.split("/")[:-1] if step in owners}
            if borne and row.layer.name not in borne:
                return False
            bare = bare or not borne
    kinds = [(variable.role, variable.shape) for row in rows for variable in row.layer.variables or ()]
    return not bare or len({*kinds}) == len(kinds)


def _owners(found: Ledger) -> Mapping[str, str]:
    """The layer of the outermost model that a name is of: its own, or that of a layer in it, where no second one has that name."""
    owners = {layer.name: {layer.name} for layer in found.layers}
    for layer in found.layers:
        for node, _ in leaves(layer.node):
            owners.setdefault(node.name or "", set()).add(layer.name)
    return {name: next(iter(some)) for name, some in owners.items() if len(some) == 1}
