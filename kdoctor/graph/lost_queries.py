"""Queries that a mask hid until Keras 3.7 and none hides since: ``call`` of a MultiHeadAttention asks the tensor for ``query_mask``, and does not look at
the one that the call states (layers/attention/multi_head_attention.py, 3.8.0 to 3.15.1; the masks of value and key it takes as they are stated).

What a hidden query makes was the mean of all values, and is what it attends to: another number in every hidden step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from kdoctor.graph.attention_masks import ARGUMENT
from kdoctor.graph.hidden_queries import counted_queries, drops, returns_scores
from kdoctor.graph.masks import makes_mask
from kdoctor.graph.masks_of_calls import Rules, masks_of_calls
from kdoctor.graph.merged_masks import Joining
from kdoctor.graph.running_masks import CLASS
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

QUERY_MASK: Final = "query_mask"
SPREAD: Final = "ExpandDims"


class LostQuery(NamedTuple):
    """A call that states the mask of its queries: the tensor that is the mask, and whether it can be handed over as ``attention_mask``.

    That cannot be where the call is told one of its own, and where scores are computed, of which Keras makes zeros since 3.10.
    """

    layer: Layer
    call: int
    mask: Source
    tellable: bool


def lost_queries(model: Model, saved: Joining) -> Iterator[LostQuery]:
    """Those of a Functional that Keras 3.0 to 3.7 saved whose hidden steps get to what counts them."""
    layers = [layer for layer in model.layers if layer.class_name == CLASS]
    if not layers or not any(map(makes_mask, model.layers)):
        return
    come, counted = masks_of_calls((model,), Rules(takes_away=True)), counted_queries(model, saved)
    by_key = {layer.key: layer for layer in model.layers}
    for layer in layers:
        for index, arguments in enumerate(given_to(layer)):
            named = {argument.name: argument.sources[0] for argument in arguments if argument.name is not None}
            mask = named.get(QUERY_MASK)
            if mask is None or come.get((layer.at, index), (True,))[0] or _is_told(by_key, named.get(ARGUMENT), mask):
                continue
            if counted(layer, index):
                yield LostQuery(
                    layer, index, mask, ARGUMENT not in named and not drops(layer.node) and not returns_scores(layer.node, index)
                )


def _is_told(by_key: Mapping[str, Layer], told: Source | None, mask: Source) -> bool:
    """Whether the call is handed that mask with an axis more, as the cure writes it."""
    layer = None if told is None else by_key.get(told.layer)
    return layer is not None and layer.class_name == SPREAD and bool(layer.calls) and layer.calls[0] == (mask,)
