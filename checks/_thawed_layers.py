"""Layers that the target trains though the file has them frozen: the order of a nested model's arrays in an ``.h5``, and training itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node
from kdoctor.target import Target
from kdoctor.weights.claims import Listed, listed
from kdoctor.weights.stored import fits, written
from kdoctor.weights.thawed import as_trained, thawed

ADVICE = Repair("freeze them after loading, and compile the model again: layer.trainable = False", safety=Safety.ADVICE)
SHOWN = 3


def thawed_layers(document: Document, target: Target) -> Iterator[Finding]:
    """The models of an ``.h5`` whose arrays the target takes in another order, and what it would train on."""
    layers = thawed(document, target)
    if not layers:
        return
    if not document.format.native:
        yield from _out_of_order(document, target, layers)
    if target.purpose == "training":
        yield _trained(layers, target)


def _out_of_order(document: Document, target: Target, layers: Sequence[Node]) -> Iterator[Finding]:
    """Those of a nested model stand together: what is trained first."""
    for stored, taken in zip(listed(document), listed(as_trained(document, target)), strict=True):
        paths = [[variable.path for variable in row.variables or ()] for row in (stored, taken)]
        if is_model(stored.node) and paths[0] != paths[1]:
            inside = next((node.name for node in layers if stored.node.at.holds(node.at)), None)
            says = _says(stored, taken)
            yield Finding(
                stored.node.at,
                f"{target} trains the frozen layer {inside!r}, and takes the arrays of the model {stored.name!r} in another order "
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
        layers[0].at / "config" / "trainable",
        f"{names}{more}: frozen in the file, and {target} trains what is in there",
        repair=ADVICE,
        layer=layers[0].name,
        mild=True,
    )
