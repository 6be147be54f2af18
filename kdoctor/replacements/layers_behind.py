"""A layer without weights behind each of some layers of a model: whatever took what they return takes what it returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.native_config import keras_tensor
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh, rename
from kdoctor.structure.sources import Source

Made: TypeAlias = Callable[[Layer], tuple[str, dict[str, Json]]]  # the class of the new layer, and its config without the name


def layers_behind(document: Document, model: Model, layers: Sequence[Layer], made: Made, ending: str) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document. The new layers are named like the ones before them, with this ending.

    Behind what is an output it is the other way about: losses and metrics go by the names of outputs.
    """
    taken = {layer.key for layer in model.layers} | {layer.name for layer in model.layers}
    ends = {source.layer for source in model.endpoints("output_layers")} if model.functional else frozenset[str]()
    behind, names, references = dict[int, Json](), dict[int, str](), dict[str, str]()
    for layer in layers:
        name, front = fresh(f"{layer.key}_{ending}", taken), layer.key
        taken.add(name)
        if layer.key in ends:
            name, front = front, fresh(f"{layer.key}_before", taken)
            taken.add(front)
            names[layer.number] = front
        elif model.functional:
            references[layer.key] = name
        behind[layer.number] = _written(layer, (front, name), made(layer), model.functional)
    items, at = layer_list(model.node)
    edits = rename(model.node, names, references)
    written = next((edit.new for edit in edits if edit.at == at), items)
    new = [one for number, item in enumerate(written) for one in (item, *([behind[number]] if number in behind else []))]
    if model.functional:
        outputs = next((edit.new for edit in edits if edit.at.keys[-1] == "output_layers"), model.node.config.get("output_layers"))
        new = ordered(new, outputs)
    return with_arrays(document, [*(edit for edit in edits if edit.at != at), Edit(at, old=items, new=new)])


def _written(layer: Layer, names: tuple[str, str], made: tuple[str, dict[str, Json]], functional: bool) -> dict[str, Json]:
    """``names``: of the layer, as it is called then, and of the one behind it."""
    front, name = names
    class_name, told = made
    config = {"name": name, "trainable": True, **told}
    found: dict[str, Json] = {"module": "keras.layers", "class_name": class_name, "config": config, "registered_name": None}
    if not functional:
        return found
    calls = [{"args": [keras_tensor(Source(front, number, 0))], "kwargs": {}} for number in range(len(layer.calls))]
    return {**found, "name": name, "inbound_nodes": calls}
