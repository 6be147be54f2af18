"""Calls with an Ellipsis among their arguments (``x[..., 0]``): the reader of ``.h5`` files makes the object of it before the reader of calls
does, and that one cannot parse an object (legacy/saving/json_utils.py); archives have been read with it since Keras 3.3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.outline import encoded_values
from kdoctor.target import Target

MARK = "__ellipsis__"
WHOLE = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}
AS_KERAS = Repair("write the model as a .keras archive, whose reader knows an Ellipsis", native=True)


def unread_ellipsis(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    """Every call with an Ellipsis that the target's reader of this file does not take (K604)."""
    archives = habits.READS_ELLIPSIS.of(target)
    if not target.keras_3 or (document.format.native and archives) or MARK not in encoded_values(document):
        return
    for layer in model.layers:
        nodes = layer.node.raw.get("inbound_nodes")
        for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
            if not _within(node):
                continue
            at, plain = layer.at / "inbound_nodes" / index, _spelled_out(layer, node)
            cure = Repair("write it as slices of whole axes", (Edit(at, old=node, new=plain),)) if plain is not None else None
            yield Finding(
                at,
                f"{layer.name!r} is called with an Ellipsis (...), which {target} does not read in "
                f"{'a .keras' if document.format.native else 'an .h5'}",
                repair=cure or (AS_KERAS if archives and not document.format.native else None),
                layer=layer.name,
                keras_says="TypeError: Could not locate class '__ellipsis__'."
                if document.format.native
                else "TypeError: Could not parse config: Ellipsis",
            )


def _within(value: Json) -> bool:
    if isinstance(value, Mapping):
        return value.get("class_name") == MARK or any(map(_within, value.values()))
    return isinstance(value, list) and any(map(_within, value))


def _spelled_out(layer: Layer, node: Json) -> dict[str, Json] | None:
    """The call of a GetItem with as many whole axes as its Ellipsis stands for; None where the number of axes is not told."""
    if layer.class_name != "GetItem" or not isinstance(node, Mapping) or node.get("kwargs") not in ({}, None):
        return None
    given = node.get("args")
    if not isinstance(given, list) or len(given) != 2:
        return None
    stated = given[0].get("config") if isinstance(given[0], Mapping) else None
    shape = stated.get("shape") if isinstance(stated, Mapping) else None
    keys = given[1] if isinstance(given[1], list) else [given[1]]
    marks = [place for place, key in enumerate(keys) if _within(key)]
    if not isinstance(shape, list) or len(marks) != 1:
        return None
    taken = sum(key is not None for key in keys) - 1  # None adds an axis
    place, free = marks[0], len(shape) - taken
    return {**node, "args": [given[0], [*keys[:place], *[WHOLE] * free, *keys[place + 1 :]]]} if free >= 0 else None
