"""Arrays of texts where a layer keeps its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kdoctor.check import Finding, Need
from kdoctor.document import Document, Weight
from kdoctor.keras_api.layouts import layout_of
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.weights.stored import accounts
from kdoctor.weights.stored_h5 import ledger

TEXTS = ("bytes", "str", "object")
NEED = Need("FILE", "the file as it was saved", "what stands there are no numbers")


class Claimed(NamedTuple):
    """An array, and the layer and variable that it is for."""

    layer: str
    at: Pointer
    variable: Variable
    weight: Weight


def texts_for_numbers(document: Document, target: Target) -> Iterator[Finding]:
    """Each array of a variable that holds texts."""
    if not any(weight.dtype.startswith(TEXTS) for weight in document.weights.values()):
        return
    for layer, at, variable, weight in _in_archive(document, target) if document.format.native else _in_h5(document):
        if weight.dtype.startswith(TEXTS):
            yield Finding(
                at,
                f"the {variable.role} of {layer!r} is an array of texts ({weight.dtype}) in the file",
                needs=(NEED,),
                layer=layer,
                keras_says="ValueError: could not convert string to float",
            )


def _in_archive(document: Document, target: Target) -> Iterator[Claimed]:
    for account in accounts(document, layout_of(target)):
        for variable in account.expected:
            found = account.stored.get(variable.path.rpartition("/")[2])
            if found is not None:
                yield Claimed(account.claim.name, account.claim.node.at, variable, found[1])


def _in_h5(document: Document) -> Iterator[Claimed]:
    found = ledger(document)
    for row, group in found.pairs if found is not None else ():
        for variable, weight in zip(row.variables or (), group.weights, strict=False):
            if weight is not None:
                yield Claimed(row.name, group.at, variable, weight)
