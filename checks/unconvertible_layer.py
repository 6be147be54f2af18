from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.deployment import PURPOSES, lacks, source
from kdoctor.document import Document
from kdoctor.keras_api.variables.table import is_builtin
from kdoctor.structure.layers import layers
from kdoctor.structure.objects import Node, as_node
from kdoctor.target import Target

CODE = {"Lambda": "Python code", "TFOpLambda": "an operation of TensorFlow"}
HELD = ("layer", "forward_layer", "backward_layer", "cell")


@check("K904", Severity.INFO, since="0.1.0")
def unconvertible_layer(document: Document, target: Target) -> Iterator[Finding]:
    """A layer has no counterpart where the model goes: TensorFlow Lite's own operations, ONNX, XLA, or TensorFlow.js.

    Converters say so after minutes, or the deployed model does: "Some ops are not supported by the native TFLite runtime", "Detected
    unsupported operations when trying to compile graph", "Unknown layer: GroupNormalization". The table was made by converting every layer
    of Keras with each converter, and reading the layers that TensorFlow.js registers; the finding says with which release. A custom layer,
    or code in a Lambda, is not in it.

    There is no cure in the file. TensorFlow Lite takes more with ``SELECT_TF_OPS``, at the price of a larger runtime.
    """
    purpose = target.purpose
    if purpose not in PURPOSES or purpose == "serving":
        return
    for layer in layers(document):
        for node in _with_held(layer.node):
            why = lacks(purpose, node.class_name) if is_builtin(node) and node.class_name not in CODE else None
            if why:
                told = f"{node.class_name} {node.name!r} has no counterpart in {PURPOSES[purpose]}: {why} ({source(purpose)})"
                yield Finding(node.at, told, layer=layer.name)


def _with_held(node: Node) -> Iterator[Node]:
    """The layer, and those that it wraps."""
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop()
        yield one
        held = (as_node(one.config.get(key), one.at / "config" / key) for key in HELD)
        waiting += [inner for inner in held if inner is not None]
