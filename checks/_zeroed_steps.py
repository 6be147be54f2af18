"""Masked steps of a Bidirectional that returns sequences: Keras 1 to 2.3 repeated the step before, tf.keras and Keras 3 put zeros there.

Source: ``force_zero_output_for_mask`` of bidirectional.py, which the wrappers.py of Keras 1.2.2, 2.1.6, 2.2.5 and 2.3.1 do not have.
"""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.graph.masks import ONE_BY_ONE, RECURRENT, behind, reached
from kdoctor.keras_api import habits
from kdoctor.replacements.repeated_steps import repeating
from kdoctor.saved_release import origin_of
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

from ._states_and_masks import masks_beside_states

CLASS, OF_TENSORFLOW = "Bidirectional", "-tf"
ASKED = Need("FILE", "the model without the mask", "no argument of a Bidirectional says what a masked step gives")


def zeroed_steps(document: Document, target: Target) -> Iterator[Finding]:
    """A difference that nobody sees where the next layer skips the same steps (K609)."""
    saved = origin_of(document) or ""
    repeats = habits.REPEATS_MASKED_STEPS
    if repeats.of(target) or not repeats.at(saved) or saved.endswith(OF_TENSORFLOW):
        return
    if not any(objects_named(document, (CLASS,))):
        return
    found = [layer for model in all_models(document) for layer in _zeroed(model)]
    waits = found and any(masks_beside_states(document, target))  # they follow the mask through the layer, as it stands
    repair = repeating(document, found, target) if found and target.keras_3 and not waits else None
    for layer in found:
        yield Finding(
            layer.at,
            f"{target} puts zeros where {CLASS} {layer.name!r} is masked; the Keras that saved the file repeated the step before",
            repair=repair,
            needs=() if repair else (ASKED,),
            layer=layer.name,
            other_numbers=True,
        )


def _zeroed(model: Model) -> Iterator[Layer]:
    masked = reached(model)
    for layer in model.layers:
        if layer.class_name == CLASS and _returns_steps(layer) and _is_masked(model, layer, masked) and not _is_skipped(model, layer):
            yield layer


def _is_masked(model: Model, layer: Layer, masked: frozenset[str]) -> bool:
    """A layer that is called several times is asked for each."""
    return layer.key in masked or (len(layer.calls) > 1 and any(call and behind(model, call[0]) is not None for call in layer.calls))


def _returns_steps(layer: Layer) -> bool:
    held = layer.node.config.get("layer")
    config = held.get("config") if isinstance(held, dict) else None
    return isinstance(config, dict) and config.get("return_sequences") is True


def _is_skipped(model: Model, layer: Layer) -> bool:
    """Whether all that takes its steps, by way of layers that keep them apart, is recurrent and gets the mask with them. Unrolled, the
    steps that are not masked differ, too (2.2.5 and 1.2.2 tried)."""
    held = layer.node.config.get("layer")
    if isinstance(held, dict) and isinstance(config := held.get("config"), dict) and config.get("unroll") is True:
        return False
    todo, met = [layer], {layer.key}
    ends = {source.layer for source in model.endpoints("output_layers")}
    while todo:
        one = todo.pop()
        users = _users(model, one)
        if one.key in ends or not users or any(user.class_name not in RECURRENT | ONE_BY_ONE for user in users):
            return False
        further = [user for user in users if user.class_name not in RECURRENT and user.key not in met]
        met.update(user.key for user in further)
        todo.extend(further)
    return True


def _users(model: Model, layer: Layer) -> list[Layer]:
    if not model.functional:
        place = model.layers.index(layer)
        return list(model.layers[place + 1 : place + 2])
    return [user for user in model.layers if any(source.layer == layer.key for call in user.calls for source in call)]
