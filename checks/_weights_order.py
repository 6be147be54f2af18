"""Layers of an ``.h5`` whose arrays have other shapes than their weights, and whether another order of the list explains it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.claims import Listed
from kdoctor.document import Weight
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.stored import fits
from kdoctor.stored_h5 import Group, Ledger, ordered


def disagreeing(ledger: Ledger) -> Iterator[tuple[Listed, Group]]:
    """Layers and groups that agree in number and not in shapes."""
    for layer, group in ledger.pairs():
        if layer.variables is not None and len(layer.variables) == len(group.names) and mismatched(layer, group):
            yield layer, group


def reordered(ledger: Ledger) -> Iterator[tuple[Listed, Group, tuple[str, ...]]]:
    """Those of them that another order of the arrays sets right, with the order."""
    for layer, group in disagreeing(ledger):
        arrays = {name: weight for name, weight in zip(group.names, group.weights, strict=True) if weight is not None}
        order = ordered(layer.variables or (), arrays)
        if order is not None:
            yield layer, group, order


def mismatched(layer: Listed, group: Group) -> list[tuple[Variable, Weight]]:
    """Weights and the arrays of other shapes that the loader hands them."""
    pairs = zip(layer.variables or (), group.weights, strict=False)
    return [(variable, weight) for variable, weight in pairs if weight is not None and not fits(variable.shape, weight.shape)]
