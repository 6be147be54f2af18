"""Names that Keras 3 gives to what it makes of masks, where a layer or an operation has one of them already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.graph.masks import is_asked_for, masked
from kdoctor.keras_api import habits
from kdoctor.keras_api.operation import is_nameless, of_keras_3
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.naming import fresh, rename
from kdoctor.structure.objects import Node
from kdoctor.target import Target

from ._found_masks import states_masks_anew

CLASS, OPERATION = "Concatenate", "concatenate"
# What an Embedding, a Masking and merging layers make of masks, by class, and the name that the first of them gets (compute_mask, 3.0.5 to 3.9.2)
MADE: Final[Mapping[str, str]] = {
    "NotEqual": "not_equal", "Any": "any", "All": "all", "LogicalOr": "logical_or", "LogicalAnd": "logical_and", "Concatenate": "concatenate",
    "ExpandDims": "expand_dims", "BroadcastTo": "broadcast_to", "OnesLike": "ones_like", "Squeeze": "squeeze",
}  # fmt: skip


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


def names_of_masks_made_anew(document: Document, model: Model, target: Target) -> Iterator[Finding]:
    """Of operations that a file of Keras 3.10 or later has for masks: an earlier one makes those of its attentions anew, and begins to count again."""
    if not states_masks_anew(document, target):
        return
    own = [
        layer for layer in model.layers if layer.class_name in MADE and layer.node.config.get("name") == layer.key and is_own(layer.node)
    ]
    ends = {source.layer for source in model.endpoints("output_layers")}
    names: dict[int, str] = {}
    taken = {layer.name for layer in model.layers}
    for layer in own:
        ending = layer.name.removeprefix(MADE[layer.class_name])
        if layer.key not in ends and layer.name != ending and (not ending or (ending[0] == "_" and ending[1:].isdecimal())):
            names[layer.number] = fresh(f"{layer.name}_of_file", taken)
            taken.add(names[layer.number])
    if not names:
        return
    first = next(layer for layer in own if layer.number in names)
    references = {layer.key: names[layer.number] for layer in own if layer.number in names}
    yield Finding(
        first.at,
        f"{target} computes the masks of attentions once more as it reads the file, under names that operations in it have: {first.name!r}",
        repair=Repair("rename the operations", rename(model.node, names, references)),
        layer=first.name,
        keras_says=f'ValueError: The name "{first.name}" is used 2 times in the model. All operation names should be unique.',
    )


def is_own(node: Node) -> bool:
    """Whether a listed layer is an operation of Keras 3, in an archive or in an ``.h5``."""
    return of_keras_3(node) or is_nameless(node)


def _is_of_keras_2(layer: Layer) -> bool:
    calls = layer.node.raw.get("inbound_nodes")
    return isinstance(calls, list) and len(calls) == 1 and isinstance(calls[0], list)
