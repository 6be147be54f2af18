"""The slices of a tensor (``x[:, 0]``), taken apart for a Keras 3 that reads no tuple of keys: one Take for each axis that is not whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.replacements.small_layers import small_operation
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh
from kdoctor.structure.sources import TENSOR

CLASS: Final = "GetItem"
ELLIPSIS, SLICE = "__ellipsis__", "__slice__"
OPERATIONS: Final = "keras.src.ops.numpy"
LONGEST: Final = 4096  # indices of one axis, which the config would hold one by one
Shape = list[int | None]


class Step(NamedTuple):
    """One operation on a tensor of this shape: a Take of these indices, or, without any, a new axis."""

    shape: Shape
    axis: int
    indices: Json = None


def taken_apart(document: Document, model: Model, layer: Layer) -> tuple[Edit, ...] | None:
    """Edits of a ``.keras`` document; None where the shape does not tell what the keys take, or the layer is called more than once."""
    nodes = layer.node.raw.get("inbound_nodes")
    call = nodes[0] if isinstance(nodes, list) and len(nodes) == 1 and isinstance(nodes[0], dict) else {}
    given = call.get("args")
    if not isinstance(given, list) or len(given) != 2 or call.get("kwargs") not in ({}, None) or not isinstance(given[0], dict):
        return None
    stated = given[0].get("config") if given[0].get("class_name") == TENSOR else None
    shape = stated.get("shape") if isinstance(stated, dict) else None
    found = steps(shape, given[1]) if isinstance(shape, list) else None
    if not found or not isinstance(stated, dict):
        return None
    items, at = layer_list(model.node)
    names = {each.key for each in model.layers}
    chain: list[Json] = []
    for number, step in enumerate(found, start=1):
        name = layer.key if number == len(found) else fresh(f"{layer.key}_axis_{number}", names)
        history = stated.get("keras_history") if not chain else [chain[-1]["name"], 0, 0]
        tensor = {**given[0], "config": {**stated, "shape": step.shape, "keras_history": history}}
        chain.append(_operation(name, step, tensor))
    listed = [each for index, item in enumerate(items) for each in (chain if index == layer.number else [item])]
    if len(chain) == 1:
        return (Edit(at, old=items, new=listed),)
    edits = (Edit(at, old=items, new=ordered(listed, model.node.config.get("output_layers"))),)
    return with_arrays(document, edits)


def _operation(name: str, step: Step, tensor: Json) -> dict[str, Json]:
    new = step.indices is None
    made = small_operation(OPERATIONS, "ExpandDims" if new else "Take", name, [name], axis=step.axis)
    return {**made, "inbound_nodes": [{"args": [tensor] if new else [tensor, step.indices], "kwargs": {}}]}


def steps(shape: Sequence[int | None], keys: Json) -> list[Step] | None:
    """What the keys of a slice do, axis by axis; None where the lengths do not tell it."""
    plain = _without_ellipsis(keys if isinstance(keys, list) else [keys], len(shape))
    if plain is None:
        return None
    found: list[Step] = []
    now, axis = list(shape), 0
    for key in plain:
        if key is None:
            found.append(Step(list(now), axis))
            now.insert(axis, 1)
            axis += 1
            continue
        if axis >= len(now) or (indices := _indices(key, now[axis])) is None:
            return None
        if isinstance(indices, int):
            found.append(Step(list(now), axis, indices))
            del now[axis]
            continue
        if indices:
            found.append(Step(list(now), axis, indices))
            now[axis] = len(indices)
        axis += 1
    return found


def _without_ellipsis(keys: list[Json], rank: int) -> list[Json] | None:
    """The keys with as many whole axes as an Ellipsis stands for."""
    places = [place for place, key in enumerate(keys) if isinstance(key, dict) and key.get("class_name") == ELLIPSIS]
    if not places:
        return keys
    free = rank - (sum(key is not None for key in keys) - 1)
    whole = {"class_name": SLICE, "config": {}}
    return None if len(places) > 1 or free < 0 else [*keys[: places[0]], *[whole] * free, *keys[places[0] + 1 :]]


def _indices(key: Json, length: int | None) -> int | list[int] | None:
    """The index or the indices that a key takes of an axis, none of a whole one; None where that is not told."""
    if type(key) is int:
        if length is None:
            return key if key >= 0 else None
        return key % length if -length <= key < length else None
    config = key.get("config") if isinstance(key, dict) and key.get("class_name") == SLICE else None
    if not isinstance(config, dict):
        return None
    ends = [config.get(end) for end in ("start", "stop", "step")]
    if ends[0] in (None, 0) and ends[1] is None and ends[2] in (None, 1):
        return []
    if type(length) is not int or any(end is not None and type(end) is not int for end in ends) or ends[2] == 0:
        return None
    found = range(*slice(*ends).indices(length))
    return list(found) if 0 < len(found) <= LONGEST else None
