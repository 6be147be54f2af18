"""Every stored array that a layer claims, in whatever container."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kdoctor.document import Document, Json, Weight
from kdoctor.keras_api.layouts import Layout
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.pointer import Pointer
from kdoctor.structure.dtypes import is_quantized, policy_name
from kdoctor.structure.layers import is_model, layer_nodes
from kdoctor.structure.objects import Node, as_node
from kdoctor.weights.stored import accounts
from kdoctor.weights.stored_h5 import ledger


class Claimed(NamedTuple):
    """An array, its path, and the layer and variable that it is for. ``dtype``: what the layer that computes with it states as that."""

    layer: str
    at: Pointer
    variable: Variable
    path: str
    weight: Weight
    dtype: Json = None

    @property
    def policy(self) -> str | None:
        """The name of the layer's dtype or policy; None where it states none, or one without a name."""
        return policy_name(self.dtype)


def claimed_arrays(document: Document, layout: Layout) -> Iterator[Claimed]:
    """Layer by layer, in the order of their variables."""
    return _in_archive(document, layout) if document.format.native else _in_h5(document)


def _in_archive(document: Document, layout: Layout) -> Iterator[Claimed]:
    for account in accounts(document, layout):
        node = account.claim.node
        for variable in account.expected:
            found = account.stored.get(variable.path.rpartition("/")[2])
            if found is not None:
                yield Claimed(account.claim.name, node.at, variable, *found, _dtype(node))


def _in_h5(document: Document) -> Iterator[Claimed]:
    found = ledger(document)
    for row, group in found.pairs if found is not None else ():
        for variable, name, weight in zip(row.variables or (), group.names, group.weights, strict=False):
            if weight is not None:
                yield Claimed(row.name, group.at, variable, f"{group.path[1:]}/{name}", weight, _dtype(row.node))


def _dtype(layer: Node) -> Json:
    """What a layer states as its dtype; of a wrapper what the layer within does, or what in the model within is quantized."""
    while (inner := as_node(layer.config.get("layer"), layer.at / "config" / "layer")) is not None:
        layer = inner
    inside = (one.config.get("dtype") for one in layer_nodes(layer)) if is_model(layer) else ()
    return next((dtype for dtype in inside if is_quantized(dtype)), layer.config.get("dtype"))
