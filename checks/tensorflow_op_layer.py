from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.reader import Resolution, calls
from kdoctor.objects import Node
from kdoctor.target import Target


@check("K603", Severity.ERROR, since="0.1.0")
def tensorflow_op_layer(document: Document, target: Target) -> Iterator[Finding]:
    """A TensorFlow operation stands in the model as a layer: TFOpLambda, SlicingOpLambda, TensorFlowOpLayer.

    tf.keras 2.3 to 2.15 recorded ``tf.reduce_mean(x)``, ``x + 1`` or ``x[:, 0]`` on Keras tensors that way. Keras 3 has no such class:
    "Unknown layer: 'TFOpLambda'".

    There is no automatic cure in this release; the file loads in TensorFlow 2.15 or with tf_keras.
    """
    for call in calls(document, target):
        if call.resolution is Resolution.OPERATION:
            yield Finding(
                call.node.at,
                f"the TensorFlow operation {_operation(call.node)} stands here as a layer of the class {call.node.class_name}",
                keras_says=f"ValueError: Unknown layer: '{call.node.class_name}'. Please ensure you are using a `keras.utils.custom_object_scope`",
            )


def _operation(node: Node) -> str:
    """The operation's name: ``math.reduce_mean``, or the op of a NodeDef."""
    found = node.config.get("function") or node.config.get("symbol") or node.config.get("node_def")
    text = str(found or node.class_name)
    return text if len(text) <= 60 else text[:57] + "…"
