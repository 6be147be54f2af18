"""Recurrent layers that Keras 2 called with numbers to begin with: ``LSTM(2)(x, initial_state=[tf.ones((1, 2)), tf.zeros((1, 2))])``."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.initial_states import BEGINNING, numbers_given, with_constants
from kdoctor.structure.models import all_models
from kdoctor.target import Target


def states_of_numbers(document: Document, target: Target) -> Iterator[Finding]:
    """Saved as lists of numbers, which Keras 3 hands to the layer as they are; Keras 2.15 itself does not read them back (run in both)."""
    begun = (layer for model in all_models(document) for layer in model.layers if layer.calls and layer.class_name in BEGINNING)
    for layer in begun if target.keras_3 else ():
        for index, node in enumerate(layer.node.raw["inbound_nodes"]):
            if numbers := numbers_given(layer.node, node):
                at = layer.at / "inbound_nodes" / index
                yield Finding(
                    at,
                    f"{layer.class_name} {layer.name!r} begins with states that are lists of numbers, and no tensors: it fails when it is called",
                    repair=Repair("write them as tensors", (Edit(at, old=node, new=with_constants(node, numbers)),)),
                    layer=layer.name,
                    keras_says="ValueError: Exception encountered when calling …",
                )
