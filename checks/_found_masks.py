"""Masks that a call of several tensors finds when an earlier Keras 3 puts the model together, and that an attention before it had taken away.

Since Keras 3.10 such a call (that of a MultiHeadAttention) is stored as it was written (Layer.__call__ of layers/layer.py makes its node itself), and asks
its tensors for masks when the model runs. Before, it was stored with the masks that came as the model was put together, where nothing takes them away.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document
from kdoctor.graph.asked_masks import CLASSES, Otherwise, asked_otherwise
from kdoctor.graph.attention_masks import asks_arguments
from kdoctor.graph.masks_of_calls import Calls, Rules, TooManyCalls, masks_of_calls
from kdoctor.graph.merged_masks import joinings
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.replacements.mask_stops import without_masks
from kdoctor.saved_release import origin_of
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, models, wrapped_models
from kdoctor.structure.outline import objects_named
from kdoctor.structure.sources import Source
from kdoctor.target import Target

NEED = Need("FILE", "the model without the masks", "how many axes the tensors have is not in the file, or another model calls this one")


def states_masks_anew(document: Document, target: Target) -> bool:
    """Whether the file leaves masks unsaid that the target states as it reads it."""
    unsaid = habits.LEAVES_MASKS_UNSAID.at(origin_of(document)) and target.keras_3 and not habits.LEAVES_MASKS_UNSAID.of(target)
    return unsaid and any(objects_named(document, tuple(CLASSES))) and any(objects_named(document, ("Embedding", "Masking")))


def found_masks(document: Document, target: Target) -> Iterator[Finding]:
    """One for each call that heeds a mask which it did not have (K609). What a model hands to another earlier releases are told of elsewhere."""
    how = joinings(document, target)
    if how is None or not states_masks_anew(document, target):
        return
    for group in (models(document), *((model,) for model in wrapped_models(document))):
        if len(group) > 1 and asks_arguments(document, target):
            continue
        try:
            before, now = masks_of_calls(group, Rules(True, how[0])), masks_of_calls(group, Rules(False, how[1]))
        except TooManyCalls:
            continue
        found = [one for one in asked_otherwise(group, before, now) if one.layer.class_name in CLASSES and _regained(one, before, now)]
        repair = _repair(document, group, found, before, now) if found else None
        for layer, call in found:
            yield Finding(
                layer.at if call is None else layer.at / "inbound_nodes" / call,
                f"a mask comes to {layer.class_name} {layer.name!r} in {target}, from which an attention before it took it in the Keras that saved the file",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=layer.name,
                other_numbers=True,
            )


def _regained(one: Otherwise, before: Calls, now: Calls) -> tuple[Source, ...]:
    """The tensors of a call that have a mask in the target alone."""
    layer, call = one
    if call is None:
        return ()
    was, comes = (run.get((layer.at, call), ()) for run in (before, now))
    rows = zip(layer.calls[call], was, comes, strict=False)
    return tuple(dict.fromkeys(source for source, had, has in rows if has and not had))


def _repair(document: Document, group: Sequence[Model], found: Sequence[Otherwise], before: Calls, now: Calls) -> Repair | None:
    """All calls of a model that stands alone. An ``.h5`` is written as a ``.keras`` archive first: other layers might change the order of its arrays."""
    axes: dict[Source, tuple[Layer, int]] = {}
    for one in found:
        shapes: Mapping[Source, object] = dict(
            zip(one.layer.calls[one.call or 0], infer(document).inputs.get(one.layer.at, ()), strict=False)
        )
        for source in _regained(one, before, now):
            shape = shapes.get(source)
            if not isinstance(shape, tuple) or len(group) > 1 or group[0].nested:
                return None
            axes[source] = (one.layer, len(shape))
    if not document.format.native:
        return Repair("stop the masks before they come to it", native=True)
    taken = {(one.layer.number, one.call): _regained(one, before, now) for one in found if one.call is not None}
    return Repair("stop the masks before they come to it", without_masks(document, group[0], taken, axes))
