"""Operations that stand in a model as layers: those of Keras 3, and those that tf.keras recorded."""

from __future__ import annotations

from typing import Final

from kdoctor.keras_api.api_object import ApiObject
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.retired import OPERATION_LAYERS
from kdoctor.structure.objects import Node

MODULES: Final = ("keras.src.ops.", "keras.ops")
HOMES: Final = tuple(f"keras.src.ops.{name}" for name in ("numpy", "nn", "core", "math", "linalg", "image", "einops"))


def of_keras_3(node: Node) -> bool:
    """Whether the object is an operation of Keras 3, by its module: it may have the name of a layer (Add, Reshape)."""
    return (node.module or "").startswith(MODULES)


def is_nameless(node: Node) -> bool:
    """Whether a listed layer is an operation as Keras 3 saves it in an ``.h5``: without a module, nor what every layer has."""
    calls = node.raw.get("inbound_nodes")
    said = isinstance(calls, list) and calls and isinstance(calls[0], dict) and "args" in calls[0]
    return bool(said) and "module" not in node.raw and "trainable" not in node.config


def home_of_operation(node: Node, catalogue: Catalogue) -> ApiObject | None:
    """The operation of that name, wherever the release has it."""
    return next((found for module in HOMES if (found := catalogue.resolve(module, node.class_name)) is not None), None)


def is_operation(node: Node) -> bool:
    """Whether a listed layer is an operation, of Keras 3 or of TensorFlow."""
    return of_keras_3(node) or node.class_name in OPERATION_LAYERS
