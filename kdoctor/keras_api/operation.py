"""Operations that stand in a model as layers: those of Keras 3, and those that tf.keras recorded."""

from __future__ import annotations

from typing import Final

from kdoctor.keras_api.retired import OPERATION_LAYERS
from kdoctor.structure.objects import Node

MODULES: Final = ("keras.src.ops.", "keras.ops")


def of_keras_3(node: Node) -> bool:
    """Whether the object is an operation of Keras 3, by its module: it may have the name of a layer (Add, Reshape)."""
    return (node.module or "").startswith(MODULES)


def is_operation(node: Node) -> bool:
    """Whether a listed layer is an operation, of Keras 3 or of TensorFlow."""
    return of_keras_3(node) or node.class_name in OPERATION_LAYERS
