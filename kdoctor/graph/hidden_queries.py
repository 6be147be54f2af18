"""Queries of a MultiHeadAttention that may attend to nothing: since Keras 3.10 what they make is zeros, where it was the mean of all values.

``call`` of layers/activations/softmax.py multiplies by the mask since 3.10.0 (read in 3.0.5 to 3.15.1), and only what computes scores asks it: with a
dropout, with ``return_attention_scores``, or with queries of more than one axis (``_compute_attention``, 3.7.0 to 3.15.1). Run in 2.15, 3.9.2,
3.11.3, 3.12.0 and 3.15.1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.graph.hidden_steps import SKIPPING, STEPWISE, Way, counting, users_of
from kdoctor.graph.masks import makes_mask
from kdoctor.graph.merged_masks import Joining, Mask, masks_of
from kdoctor.graph.shapes import infer
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.objects import Node

CLASSES: Final = frozenset({"MultiHeadAttention", "GroupQueryAttention"})
SCORES: Final = "return_attention_scores"
# An attention gives hidden values no weight; what a hidden query makes of itself stays in its step
ATTENDING: Final = SKIPPING | CLASSES | {"Attention", "AdditiveAttention"}
SAMPLES: Final = 3  # axes of a query: batch, steps, features


class HiddenQuery(NamedTuple):
    """A call whose hidden steps get to what counts them; ``dropout``: without one, the layer would compute no scores."""

    layer: Layer
    call: int
    dropout: bool


def hidden_queries(document: Document, model: Model, saved: Joining) -> Iterator[HiddenQuery]:
    """Those of a Functional, by the masks of the Keras that saved it."""
    layers = [layer for layer in model.layers if layer.class_name in CLASSES]
    if not layers or not any(map(makes_mask, model.layers)):
        return
    counted = counted_queries(model, saved)
    for layer in layers:
        shapes = infer(document).inputs.get(layer.at, ())
        asked = bool(shapes) and shapes[0] is not None and len(shapes[0]) != SAMPLES
        for index in range(len(layer.calls)):
            scored = asked or returns_scores(layer.node, index)
            if (scored or drops(layer.node)) and counted(layer, index):
                yield HiddenQuery(layer, index, not scored)


def counted_queries(model: Model, saved: Joining) -> Callable[[Layer, int], bool]:
    """Whether a call of an attention has hidden queries, and what it makes of these gets to what counts them."""
    masks, users = masks_of(model, saved), users_of(model)
    ends = {(source.layer, source.call) for source in model.endpoints("output_layers")}
    ways: dict[Mask, Way] = {}

    def counted(layer: Layer, index: int) -> bool:
        hidden = masks(layer.calls[index][0]) if layer.calls[index] else None
        if not hidden:
            return False
        if hidden not in ways:
            counts = counting(hidden, masks, users, ends, ATTENDING)
            ways[hidden] = Way(users, counts, lambda taking: taking.class_name in STEPWISE | CLASSES)
        return ways[hidden].begins_at((layer.key, index))

    return counted


def drops(node: Node) -> bool:
    """Whether an attention leaves out some of its scores when it trains, and computes them by themselves for that."""
    rate = node.config.get("dropout")
    return isinstance(rate, int | float) and rate > 0


def returns_scores(node: Node, call: int) -> bool:
    """Whether a call asks for the scores."""
    nodes = node.raw.get("inbound_nodes")
    entry = nodes[call] if isinstance(nodes, list) and call < len(nodes) else None
    return any(named.get(SCORES) is True for named in _keywords(entry))


def _keywords(entry: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(entry, Mapping):
        named = entry.get("kwargs")
        yield from (named,) if isinstance(named, Mapping) else ()
    elif isinstance(entry, list):
        yield from (part[-1] for part in entry if isinstance(part, list) and part and isinstance(part[-1], Mapping))
