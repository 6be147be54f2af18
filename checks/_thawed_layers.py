"""Layers that the target trains though the file has them frozen: the order of a nested model's arrays in an ``.h5``, and training itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node, as_node
from kdoctor.target import Target
from kdoctor.weights.claims import Listed, listed
from kdoctor.weights.stored import fits, written
from kdoctor.weights.thawed import WRAPPERS, as_trained, thawed

ADVICE = Repair("freeze them after loading, and compile the model again: layer.trainable = False", safety=Safety.ADVICE)
FLAG = "trainable"
PARTS = ("layer", "backward_layer", "cell", "cells")
SHOWN = 3


def thawed_layers(document: Document, target: Target) -> Iterator[Finding]:
    """The models of an ``.h5`` whose arrays the target takes in another order, and what it would train on."""
    layers = thawed(document, target)
    if not layers:
        return
    heeded = not habits.FORGETS_FROZEN.of(target)  # else it is no use to say it to the layer inside
    wrapped = [node for node in layers if heeded and node.class_name in WRAPPERS and _freezing(node)]
    others = [node for node in layers if node not in wrapped]
    reordered = [] if document.format.native else [*_out_of_order(document, target)]
    for node in wrapped:
        if (stored := _holder(reordered, node)) is not None or target.purpose == "training":
            yield _forgotten(target, node, mild=stored is None)
    for stored, taken in reordered:
        inside = next((node for node in others if stored.node.at.holds(node.at)), None)
        if inside is not None:
            yield _misread(target, stored, taken, inside)
    if others and target.purpose == "training":
        yield _trained(others, target)


def _out_of_order(document: Document, target: Target) -> Iterator[tuple[Listed, Listed]]:
    """The nested models of which the target takes the arrays in another order, as they were saved and as they are taken: trained ones first."""
    for stored, taken in zip(listed(document), listed(as_trained(document, target)), strict=True):
        paths = [[variable.path for variable in row.variables or ()] for row in (stored, taken)]
        if is_model(stored.node) and paths[0] != paths[1]:
            yield stored, taken


def _holder(reordered: Sequence[tuple[Listed, Listed]], node: Node) -> Listed | None:
    return next((stored for stored, _ in reordered if stored.node.at.holds(node.at)), None)


def _freezing(node: Node) -> tuple[Edit, ...]:
    """The edits that freeze the layers which a Bidirectional or an RNN wraps, as the Keras 2 that saved it had them."""
    return tuple(
        Edit(one.at / "config" / FLAG, old=one.config.get(FLAG, ABSENT), new=False)
        for one in _inside(node)
        if one.config.get(FLAG) is not False
    )


def _inside(node: Node) -> Iterator[Node]:
    for key in PARTS:
        value, at = node.config.get(key), node.at / "config" / key
        for item, place in [(each, at / index) for index, each in enumerate(value)] if isinstance(value, list) else [(value, at)]:
            held = as_node(item, place)
            if held is not None:
                yield held
                yield from _inside(held)


def _forgotten(target: Target, node: Node, *, mild: bool) -> Finding:
    return Finding(
        node.at / "config" / FLAG,
        f"{node.class_name} {node.name!r} is frozen, which {target} does not say to the layer in it: it is trained",
        repair=Repair("freeze the layer in it, too", _freezing(node)),
        layer=node.name,
        mild=mild,
    )


def _misread(target: Target, stored: Listed, taken: Listed, inside: Node) -> Finding:
    says = _says(stored, taken)
    return Finding(
        stored.node.at,
        f"{target} trains the frozen layer {inside.name!r}, and takes the arrays of the model {stored.name!r} in another order "
        "than they were saved in",
        repair=Repair("write a .keras archive, which has a place for each array", native=True),
        layer=stored.name,
        keras_says=says,
        other_numbers=says is None,
    )


def _says(stored: Listed, taken: Listed) -> str | None:
    """Nothing where every array fits the variable in whose place it stands."""
    for one, other in zip(stored.variables or (), taken.variables or (), strict=True):
        shape = [length for length in one.shape or () if length is not None]
        if one.shape is not None and len(shape) == len(one.shape) and not fits(other.shape, shape):
            return f"ValueError: Shape mismatch in layer … (named {taken.name})for weight …. Weight expects shape {written(other.shape)}."
    return None


def _trained(layers: Sequence[Node], target: Target) -> Finding:
    names = ", ".join(repr(node.name) for node in layers[:SHOWN])
    more = f" and {len(layers) - SHOWN} more" if len(layers) > SHOWN else ""
    return Finding(
        layers[0].at / "config" / FLAG,
        f"{names}{more}: frozen in the file, and {target} trains what is in there",
        repair=ADVICE,
        layer=layers[0].name,
        mild=True,
    )
