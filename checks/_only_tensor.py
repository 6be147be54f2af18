"""A tensor by a number that its layer does not have, where the layer makes one tensor alone that can have been meant."""

from __future__ import annotations

from kdoctor.check import Repair
from kdoctor.document import Json
from kdoctor.edit import Edit
from kdoctor.keras_api.output_counts import returns_one
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import is_model
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source, as_source


def renumbered(model: Model, source: Source, at: Pointer, value: Json) -> Repair | None:
    """The cure that writes, in what stands at this place, the only tensor that a source can be; None where there are several, or none."""
    new = _meant(model, source)
    if new is None:
        return None
    title = f"take call {new.call}, output {new.output} of {new.layer!r}: there is no other"
    return Repair(title, (Edit(at, old=value, new=_written(value, source, new)),))


def _meant(model: Model, source: Source) -> Source | None:
    """An InputLayer makes one; so does a layer that is called once, unless another one takes it: then a call may have been lost."""
    layer = next((layer for layer in model.layers if layer.key == source.layer), None)
    if layer is None or is_model(layer.node) or not returns_one(layer.node):
        return None
    if layer.class_name != "InputLayer" and 0 <= source.call < len(layer.calls):
        return Source(source.layer, source.call, 0)
    only = Source(source.layer, 0, 0)
    taken = {*model.endpoints("output_layers"), *(one for each in model.layers for call in each.calls for one in call)}
    return only if layer.class_name == "InputLayer" or (len(layer.calls) == 1 and only not in taken) else None


def _written(value: Json, old: Source, new: Source) -> Json:
    if isinstance(value, dict):
        return {key: _written(inner, old, new) for key, inner in value.items()}
    if not isinstance(value, list):
        return value
    return [*new, *value[3:]] if as_source(value) == old else [_written(inner, old, new) for inner in value]
