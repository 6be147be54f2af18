"""Masks that come out of a TimeDistributed: Keras 2 asks the layer in it for one, Keras 3 hands on what came to it.

``compute_mask`` of layers/rnn/time_distributed.py (2.11, 2.15) and of layers/layer.py (3.0.5, 3.15.1); an Embedding, a Masking and a recurrent layer
in a TimeDistributed, saved by 2.11, were run in both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from kdoctor.graph.masks import ASKING, RECURRENT, behind, hands_on, makes_mask, meets, reached, takers_of, tells_steps
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model
from kdoctor.structure.objects import Node, as_node

CLASS: Final = "TimeDistributed"
HEEDING: Final = ASKING - {"BatchNormalization", CLASS}
JOINING_STEPS: Final = RECURRENT | {"GlobalAveragePooling1D"}  # the steps of each time become one, or stay under their mask


class Changed(NamedTuple):
    """A TimeDistributed with another mask behind it. ``lost``: Keras 3 has none there, else one for the steps of each time."""

    layer: Layer
    lost: bool


def changed_masks(model: Model, wrapped: Mapping[Pointer, Model]) -> Iterator[Changed]:
    """Those of a model whose masks get to something that heeds them; ``wrapped``: the models that wrappers hold, by their place."""
    come, takers = reached(model), takers_of(model)
    for place, layer in enumerate(model.layers):
        held = _held(layer)
        if held is None:
            continue
        inner, comes = wrapped.get(held.at), layer.key in come
        lost = not comes and _makes(held, inner)
        if (lost or (comes and _joins_steps(held, inner))) and _is_heeded(model, takers, place):
            yield Changed(layer, lost)


def _held(layer: Layer) -> Node | None:
    return as_node(layer.node.config.get("layer"), layer.node.at / "config" / "layer") if layer.class_name == CLASS else None


def _makes(held: Node, inner: Model | None) -> bool:
    """Whether a mask that is made in it comes out with its output."""
    if inner is None:
        return held.class_name == "Masking" or bool(held.config.get("mask_zero"))
    if inner.functional:
        ends = inner.endpoints("output_layers")
        return len(ends) == 1 and behind(inner, ends[0]) is not None
    last = inner.layers[-1] if inner.layers else None
    return last is not None and (makes_mask(last) or (last.key in reached(inner) and hands_on(last)))


def _joins_steps(held: Node, inner: Model | None) -> bool:
    """Whether it makes one of the steps of each time, so that Keras 2 counted the times of which any step counted."""
    within = [held] if inner is None else [layer.node for layer in inner.layers]
    return any(node.class_name in JOINING_STEPS and not tells_steps(node) for node in within)


def _is_heeded(model: Model, takers: Mapping[str, Sequence[Layer]], place: int) -> bool:
    if model.functional:
        return meets(takers, model.layers[place], _heeds)
    for number in range(place + 1, len(model.layers)):
        one = model.layers[number]
        if _heeds(one):
            return True
        if not hands_on(one):
            return False
    return False


def _heeds(layer: Layer) -> bool:
    held = _held(layer)
    return layer.class_name in HEEDING or (held is not None and (held.class_name in HEEDING or is_model(held)))
