from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.deployment import PURPOSES
from kdoctor.document import Document
from kdoctor.structure.layers import layers
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import found_in_objects
from kdoctor.structure.sequential import statements
from kdoctor.target import Target

FIXED = frozenset({"tflite", "xla"})  # which want every length fixed


@check("K901", Severity.INFO, since="0.1.0")
def fixed_batch_size(document: Document, target: Target) -> Iterator[Finding]:
    """The model takes batches of one size only, or remembers what it was given before.

    A batch dimension that is not None refuses every other number of samples: a server that gathers requests into batches gets "expected
    shape=(32, 4), found shape=(1, 4)". A recurrent layer with ``stateful: true`` keeps the state of one caller for the next one.
    Told with ``--for serving`` and ``--for onnx``, for TensorFlow.js too; TensorFlow Lite and XLA want fixed sizes anyway, and there only
    stateful layers are.

    There is no cure in the file: build the model with an open batch and ``stateful=False``, and load the same weights.
    """
    if target.purpose not in PURPOSES:
        return
    for layer in layers(document):
        shape = next((statement.shape for statement in statements(layer.node)), None)
        if layer.depth == 0 and shape and shape[0] is not None and target.purpose not in FIXED:
            told = f"{layer.name!r} takes batches of {shape[0]} only: {PURPOSES[target.purpose]} would send others"
            yield Finding(layer.at, told, layer=layer.name)
    yield from found_in_objects(document, _stateful)


def _stateful(node: Node) -> Iterator[Finding]:
    if node.config.get("stateful") is True:
        told = f"{node.class_name} {node.name!r} keeps its state from one call to the next, whoever calls"
        yield Finding(node.at / "config" / "stateful", told, layer=node.name)
