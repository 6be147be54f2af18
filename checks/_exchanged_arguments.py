"""The operation Normalize of Keras 3.0 takes its order for the axis, and its axis for the order (ops/nn.py, Normalize.call)."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import all_models
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

CLASS, MODULE = "Normalize", "keras.src.ops"
LATER = Repair("load it with Keras 3.1 or later", safety=Safety.ADVICE)


def exchanged(document: Document, target: Target) -> Iterator[Finding]:
    """Each such operation that a later Keras saved, or that nobody could have called (K609).

    Exchanged in the file they are exchanged back. The axis is then written from the end, for no order is negative: that tells a file which
    has been cured from one which has not.
    """
    if not habits.EXCHANGES_AXIS_AND_ORDER.of(target) or not any(objects_named(document, (CLASS,))):
        return
    own = habits.EXCHANGES_AXIS_AND_ORDER.at(document.saved_by().keras)
    for model in all_models(document):
        for layer in model.layers:
            axis, order = layer.node.config.get("axis", -1), layer.node.config.get("order", 2)
            if layer.class_name != CLASS or not (layer.node.module or "").startswith(MODULE) or _is_negative(order) or axis == order:
                continue
            if own and not _is_negative(axis):
                continue
            yield Finding(
                layer.at / "config",
                f"{target} takes the order {order} of {layer.name!r} for its axis, and its axis {axis} for the order",
                repair=_cure(layer, axis, order),
                layer=layer.name,
                keras_says=f"ValueError: Argument `order` must be an int >= 1. Received: order={axis}" if _is_negative(axis) else None,
                other_numbers=not _is_negative(axis),
            )


def _is_negative(value: Json) -> bool:
    return type(value) is int and value < 0


def _cure(layer: Layer, axis: Json, order: Json) -> Repair:
    rank = _rank(layer)
    if type(axis) is not int or type(order) is not int or (axis >= 0 and rank is None):
        return LATER
    from_end = axis if axis < 0 else axis - (rank or 0)
    new = {**layer.node.config, "axis": order, "order": from_end}
    return Repair("exchange them in the file", (Edit(layer.at / "config", old=layer.node.config, new=new),))


def _rank(layer: Layer) -> int | None:
    """How many axes the tensor has that the one call states."""
    nodes = layer.node.raw.get("inbound_nodes")
    call = nodes[0] if isinstance(nodes, list) and len(nodes) == 1 else None
    given = call.get("args") if isinstance(call, dict) else None
    config = given[0].get("config") if isinstance(given, list) and given and isinstance(given[0], dict) else None
    shape = config.get("shape") if isinstance(config, dict) else None
    return len(shape) if isinstance(shape, list) else None
