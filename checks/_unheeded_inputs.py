"""Inputs that Keras 3.0 did not heed: of a model that begins at a layer which can be computed from its other inputs, it computed the layer
(Function._run_through_graph skips only what is not computable, and Functional.__init__ cuts nothing off; seen in 3.0.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.shapes import output_shapes
from kdoctor.keras_api import habits
from kdoctor.saved_release import origin_of
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh
from kdoctor.structure.sources import as_source
from kdoctor.target import Target

from ._cut_inputs import input_layer, type_at_end

BEGINS = "input_layers"


def unheeded_inputs(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    """One finding for a model that has such inputs (K203). Cured by an InputLayer that nothing reads, where its shape and type are told."""
    keeps = habits.KEEPS_LAYERS_BEFORE_A_CUT
    if not model.cut or not keeps.at(origin_of(document)) or keeps.of(target):
        return
    found = _computed(model)
    if found:
        names = ", ".join(repr(layer.name) for layer in found)
        edits = _edits(document, model, found)
        yield Finding(
            found[0].at,
            f"the model {model.node.name!r} takes the output of {names} for an input and did not heed it: Keras 3.0 computed it from the others",
            repair=Repair("begin with an InputLayer that nothing reads, and go on computing it", edits) if edits else None,
            layer=found[0].name,
            other_numbers=True,
        )


def _computed(model: Model) -> tuple[Layer, ...]:
    """The layers at which the model begins although its inputs lead up to them, in the order of the file."""
    waiting: dict[str, list[Layer]] = {}
    missing: dict[str, set[str]] = {}
    todo = [source.layer for source in model.endpoints(BEGINS)]
    for layer in model.layers:
        missing[layer.key] = {source.layer for call in layer.calls[:1] for source in call}
        for key in missing[layer.key]:
            waiting.setdefault(key, []).append(layer)
    reached: set[str] = set()
    done: set[str] = set()
    while todo:
        key = todo.pop()
        if key in done:
            continue
        done.add(key)
        for layer in waiting.get(key, ()):
            missing[layer.key].discard(key)
            if not missing[layer.key]:
                reached.add(layer.key)
                todo.append(layer.key)
    return tuple(layer for layer in model.cut if layer.key in reached)


def _edits(document: Document, model: Model, found: tuple[Layer, ...]) -> tuple[Edit, ...] | None:
    shapes, taken = output_shapes(document), {layer.key for layer in model.layers}
    keys = {layer.key for layer in found}
    begins = [source for source in model.endpoints(BEGINS) if source.layer in keys]
    if any(source.call or source.output for source in begins) or any(len(layer.calls) != 1 for layer in found):
        return None
    added: dict[str, Json] = {}
    for layer in found:
        shape, dtype = shapes.get(layer.at), type_at_end(layer)
        if shape is None or dtype is None:
            return None
        name = fresh(f"{layer.key}_input", taken)
        taken.add(name)
        added[layer.key] = input_layer(name, shape, dtype)
    items, at = layer_list(model.node)
    stored = model.node.config[BEGINS]
    renamed = {key: entry["name"] for key, entry in added.items()}
    return (
        Edit(at, old=items, new=[*added.values(), *items]),
        Edit(model.node.at / "config" / BEGINS, old=stored, new=_renamed(stored, renamed)),
    )


def _renamed(value: Json, names: Mapping[str, str]) -> Json:
    if as_source(value) is not None:
        return [names.get(value[0], value[0]), *value[1:]]
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    return [_renamed(item, names) for item in value] if isinstance(value, list) else value
