"""Layers that a wrapped Functional lists and no output needs: Keras 2 makes them all the same, and wants their weights."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.open_lengths import own_inputs
from kdoctor.graph.shapes import infer_model
from kdoctor.graph.surplus_layers import Surplus
from kdoctor.keras_api.layouts import layout_of
from kdoctor.keras_api.variables.table import variables_of
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.structure.layers import Layer
from kdoctor.structure.objects import Node
from kdoctor.target import Target
from kdoctor.weights.accounting import Owner, holdings
from kdoctor.weights.stored_h5 import ledger


def wanting_weights(document: Document, surplus: Surplus, target: Target) -> Iterator[Finding]:
    model = surplus.model
    if target.keras_3 or not surplus.layers or not surplus.whole or not _counted_without(document, model.node, target):
        return
    calls = infer_model(model.node, own_inputs(model)).calls
    owning = [layer for layer in surplus.layers if any(variables_of(layer.node, shapes, _unknown) for shapes in calls.get(layer.at, ()))]
    if owning:
        name = owning[0].name
        yield Finding(
            owning[0].at,
            f"no output of the model {model.node.name!r} needs its layer {name!r}, whose weights are not in the file and {target} wants",
            repair=_left_out(surplus),
            layer=name,
            keras_says=f"ValueError: Layer '{name}' expected … variables, but received 0 variables during loading"
            if document.format.native
            else "ValueError: Weight count mismatch for layer",
        )


def _counted_without(document: Document, model: Node, target: Target) -> bool:
    """Whether the file holds what the wrapper needs without those layers, one array for each variable."""
    if document.format.native:
        return all(held.owner in (Owner.LAYER, Owner.TRAINING) for held in holdings(document, layout_of(target)))
    found = ledger(document)
    around = [pair for pair in (found.pairs if found else ()) if model.at.keys[: len(pair[0].node.at.keys)] == pair[0].node.at.keys]
    return bool(around) and all(layer.variables is not None and len(layer.variables) == len(group.weights) for layer, group in around)


def _left_out(surplus: Surplus) -> Repair | None:
    """Not where a layer that stays is called on one that goes, or has a number that counts one: an archive goes by these."""
    gone = {layer.key for layer in surplus.layers}
    kept = [layer for layer in surplus.model.layers if layer.key not in gone]
    if any(source.layer in gone for layer in kept for call in layer.calls for source in call) or _counts_before(surplus.model.layers, gone):
        return None
    at = surplus.model.node.at / "config" / "layers"
    old = surplus.model.node.config["layers"]
    entries = old if isinstance(old, list) else []
    places = {layer.at.keys[-1] for layer in surplus.layers}
    left = [entry for index, entry in enumerate(entries) if index not in places]
    return Repair("leave out what no output needs", (Edit(at, old=old, new=left),)) if len(left) == len(kept) else None


def _counts_before(layers: tuple[Layer, ...], gone: set[str]) -> bool:
    """Whether a layer that goes stands before one of its class that stays."""
    before: set[str] = set()
    for layer in layers:
        if layer.key in gone:
            before.add(layer.class_name)
        elif layer.class_name in before:
            return True
    return False


def _unknown(model: Node, given: Shapes) -> None:
    """A model among them has layers of its own, which are not followed."""
