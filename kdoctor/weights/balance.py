"""The two sides of the account beside each other, where they differ: what layers claim, and what the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.keras_api.layouts import KERAS_3, Layout
from kdoctor.keras_api.variables.variable import Shape, Variable
from kdoctor.weights.accounting import Owner, holdings
from kdoctor.weights.stored import accountable, accounts, fits
from kdoctor.weights.stored_h5 import Ledger, ledger


class Difference(NamedTuple):
    """A variable without its array (``path`` and ``present`` are None), an array that nobody claims (``role`` is empty, ``claimed`` None),
    or both, with different shapes."""

    layer: str
    role: str
    claimed: Shape | None
    path: str | None
    present: Shape | None


def differences(document: Document, layout: Layout = KERAS_3) -> tuple[Difference, ...]:
    """Where the sides differ, the layers' part first; nothing where either side cannot be told. Never raises."""
    found = ledger(document)
    if document.format.native and accountable(document):
        return (*_in_archive(document, layout), *_nobodys(document, layout))
    return () if found is None else (*_in_h5(found), *_nobodys(document, layout))


def missing(document: Document, layout: Layout = KERAS_3) -> tuple[Difference, ...]:
    """The variables of which no array is in the file, wherever it stands."""
    moved = {(holding.layer, holding.role) for holding in holdings(document, layout) if holding.moved}
    return tuple(row for row in differences(document, layout) if row.path is None and (row.layer, row.role) not in moved)


def _in_archive(document: Document, layout: Layout) -> Iterator[Difference]:
    for account in accounts(document, layout):
        for variable in account.expected:
            stored = account.stored.get(variable.path.rpartition("/")[2])
            path, shape = (None, None) if stored is None else (stored[0], stored[1].shape)
            yield from _compared(account.claim.name, variable, path, shape)


def _in_h5(found: Ledger) -> Iterator[Difference]:
    groups = {layer.name: group for layer, group in found.pairs} or {group.name: group for group in found.groups}
    for layer in found.layers:
        group = groups.get(layer.name)
        for index, variable in enumerate(layer.variables or ()):
            name = group.names[index] if group is not None and index < len(group.names) else None
            weight = None if group is None or name is None else group.arrays.get(name)
            path = None if group is None or weight is None else f"{group.path.strip('/')}/{name}"
            yield from _compared(layer.name, variable, path, None if weight is None else weight.shape)


def _compared(layer: str, variable: Variable, path: str | None, shape: Shape | None) -> Iterator[Difference]:
    if shape is None or not fits(variable.shape, [length or 0 for length in shape]):
        yield Difference(layer, variable.role, variable.shape, path, shape)


def _nobodys(document: Document, layout: Layout) -> Iterator[Difference]:
    for holding in holdings(document, layout):
        if holding.owner in (Owner.STRAY, Owner.SURPLUS) or holding.moved:
            yield Difference("", "", None, holding.path, holding.weight.shape)
