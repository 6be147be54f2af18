"""Names that Keras 3 gives to what it makes of masks, where a layer has one of them already."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.graph.masks import is_asked_for, masked
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh, rename
from kdoctor.target import Target

CLASS, OPERATION = "Concatenate", "concatenate"


def names_of_masks(model: Model, target: Target) -> Iterator[Finding]:
    """Of models that Keras 2 saved: Keras 3 writes such operations down, beside the layers."""
    joining = [layer for layer in model.layers if layer.class_name == CLASS and layer.name and _is_of_keras_2(layer)]
    if not habits.JOINS_MASKS_BY_OPERATIONS.of(target) or not any(layer.name.startswith(OPERATION) for layer in joining):
        return
    come = masked(model)
    asked = [layer for layer in joining if layer.key in come and is_asked_for(model, layer)]
    given = {f"{OPERATION}_{number}" if number else OPERATION for number in range(len(asked))}
    taken = {layer.name for layer in model.layers} | given
    for layer in joining:
        if layer.name in given:
            name = fresh(f"{layer.name}_layer", taken)
            yield Finding(
                layer.at,
                f"{target} gives the name {layer.name!r} to the operation that joins the masks of what {CLASS} {layer.name!r} joins",
                repair=Repair(f"rename the layer to {name!r}", rename(model.node, {layer.number: name}, {layer.name: name})),
                layer=layer.name,
                keras_says=f'ValueError: The name "{layer.name}" is used 2 times in the model. All operation names should be unique.',
            )


def _is_of_keras_2(layer: Layer) -> bool:
    calls = layer.node.raw.get("inbound_nodes")
    return isinstance(calls, list) and len(calls) == 1 and isinstance(calls[0], list)
