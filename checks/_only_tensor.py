"""A tensor by a number that its layer does not have, where the layer makes one tensor alone that can have been meant."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from kdoctor.check import Repair
from kdoctor.document import Json
from kdoctor.edit import Edit
from kdoctor.keras_api.output_counts import returns_one
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model, layers_of
from kdoctor.structure.models import Model
from kdoctor.structure.objects import Node
from kdoctor.structure.shared_layers import number_of
from kdoctor.structure.sources import Source, as_source


def renumbered(model: Model, source: Source, at: Pointer, value: Json) -> Repair | None:
    """The cure that writes, in what stands at this place, the only tensor that a source can be; None where there are several, or none."""
    new = _meant(model, source)
    if new is None:
        return None
    title = f"take call {new.call}, output {new.output} of {new.layer!r}: there is no other"
    return Repair(title, (Edit(at, old=value, new=_written(value, source, new)),))


def _meant(model: Model, source: Source) -> Source | None:
    """An InputLayer makes one; so does a layer that is called once, unless another call is taken, too: then one may have been lost.

    One that Keras makes one with a layer of another model is called there, too.
    """
    rows, taken = _graph(model.node)
    layer = rows.get(source.layer)
    if layer is None or is_model(layer.node) or not returns_one(layer.node):
        return None
    if layer.class_name == "InputLayer":
        return Source(source.layer, 0, 0)
    if 0 <= source.call < len(layer.calls):
        return Source(source.layer, source.call, 0)
    alone = len(layer.calls) == 1 and number_of(layer) is None and taken.get(source.layer, set()) == {source.call}
    return Source(source.layer, 0, 0) if alone else None


@lru_cache(maxsize=16)
def _graph(node: Node) -> tuple[Mapping[str, Layer], Mapping[str, set[int]]]:
    """A model's layers by their names in connections, and which of their calls anything takes."""
    model = Model(node, layers_of(node), nested=False)
    taken: dict[str, set[int]] = {}
    for source in (*model.endpoints("output_layers"), *(one for each in model.layers for call in each.calls for one in call)):
        taken.setdefault(source.layer, set()).add(source.call)
    return {layer.key: layer for layer in reversed(model.layers)}, taken


def _written(value: Json, old: Source, new: Source) -> Json:
    if isinstance(value, dict):
        return {key: _written(inner, old, new) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    return [*new, *value[3:]] if as_source(value) == old else [_written(inner, old, new) for inner in value]
