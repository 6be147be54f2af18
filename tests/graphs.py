"""Functional models as plain values, in the words of Keras 2, which Keras 3 reads too."""

from __future__ import annotations

from typing import Any

from kdoctor.check import Finding
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.testing import document, layer


def start(name: str = "in") -> dict[str, Any]:
    """An InputLayer with an entry of its own."""
    return {**layer("InputLayer", name=name, batch_shape=[None, 4]), "name": name, "inbound_nodes": []}


def after(made: dict[str, Any], *sources: str, node: int = 0) -> dict[str, Any]:
    """A layer called once, with the named layers' outputs."""
    return {**made, "name": made["config"]["name"], "inbound_nodes": [[[source, node, 0, {}] for source in sources]]}


def functional(
    *layers: dict[str, Any], inputs: object = (("in", 0, 0),), outputs: object = (("out", 0, 0),), name: str = "model"
) -> dict[str, Any]:
    """A serialized Functional; ``inputs`` and ``outputs`` are tuples or any JSON."""
    config = {"name": name, "layers": list(layers), "input_layers": _listed(inputs), "output_layers": _listed(outputs)}
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": None}


def wrapped(inner: dict[str, Any]) -> Document:
    """A model that calls another one for each step of a sequence."""
    return document(functional(start(), after(layer("TimeDistributed", name="out", layer=inner), "in")))


def cured(sick: Document, finding: Finding) -> Document:
    """The document with the finding's repair made; fails where it has none."""
    assert finding.repair is not None
    assert finding.repair.edits
    return apply(sick, finding.repair.edits)


def _listed(value: object) -> object:
    return [_listed(item) for item in value] if isinstance(value, tuple) else value
