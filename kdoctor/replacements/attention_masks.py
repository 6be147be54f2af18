"""The masks of query, value and key as the ``attention_mask`` of a MultiHeadAttention, which Keras 3.8 and later do not take from the tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.attention_masks import ARGUMENT, Attending
from kdoctor.graph.merged_masks import Made, Mask
from kdoctor.native_config import keras_tensor, native_call
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.replacements.stated_masks import shown
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

if TYPE_CHECKING:
    from kdoctor.translate.graph import Graph
    from kdoctor.translate.values import Value

Makers: TypeAlias = Mapping[Made, tuple[Layer, int]]  # a mask -> the layer that makes it, and in which call


def is_tellable(one: Attending, makers: Makers) -> bool:
    """Whether the call is told no mask of its own, and all that come to it can be computed apart."""
    named = {argument.name for argument in given_to(one.layer)[one.call]}
    return ARGUMENT not in named and all(mask <= makers.keys() for mask in (one.query, *one.others))


def telling_attention(document: Document, model: Model, found: Sequence[Attending], makers: Makers, release: str) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document: ``query_mask[:, :, None] & value_mask[:, None, :]``, as ``_compute_attention_mask`` of Keras 2 makes it."""
    from kdoctor.translate.graph import Graph  # few files need one, and its tables are dear to import
    from kdoctor.translate.values import Tensor

    graph = Graph(release, {each.key for each in model.layers}, prefix="mask_")
    items, at = layer_list(model.node)
    written = list(items)
    for one in found:
        parts = [_spread(graph, one.query, makers, 2), *(_spread(graph, mask, makers, 1) for mask in one.others)]
        made = _together(graph, [part for part in parts if part is not None])
        assert isinstance(made, Tensor)
        item = written[one.layer.number]
        nodes = list(item["inbound_nodes"])
        node = native_call(nodes[one.call]) if isinstance(nodes[one.call], list) else nodes[one.call]
        told = keras_tensor(Source(made.layer, made.call, made.output))
        nodes[one.call] = {**node, "kwargs": {**(node.get("kwargs") or {}), ARGUMENT: told}}
        written[one.layer.number] = {**item, "inbound_nodes": nodes}
    outputs: Json = model.node.config.get("output_layers")
    return with_arrays(document, [Edit(at, old=items, new=ordered([*written, *graph.layers], outputs))])


def _spread(graph: Graph, mask: Mask, makers: Makers, axis: int) -> Value | None:
    """The mask with an axis more, along which it is the same."""
    if not mask:
        return None
    return graph("ExpandDims", _together(graph, [shown(graph, *makers[made]) for made in sorted(mask)]), axis=axis)


def _together(graph: Graph, masks: Sequence[Value]) -> Value:
    made = masks[0]
    for mask in masks[1:]:
        made = graph("LogicalAnd", made, mask)
    return made
