"""Variables of kdoctor's own layer for a TensorFlow Hub module: those that its config states, as the repair that wrote it saw them."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import Json
from kdoctor.keras_api.variables.variable import Inner, Shapes, Variable, Variables, whole
from kdoctor.structure.objects import Node


def hub(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """The module's own, in its order; None where the config does not state them, and only the module tells."""
    stated = node.config.get("variables")
    return tuple(_variable(index, one) for index, one in enumerate(stated)) if isinstance(stated, list) else None


def _variable(index: int, stated: Json) -> Variable:
    if not isinstance(stated, Mapping):
        raise TypeError(f"{stated!r} states no variable")
    shape = tuple(whole(length) for length in stated["shape"])
    return Variable(f"vars/{index}", f"variable {index}", shape, stated.get("trainable", True) is True)
