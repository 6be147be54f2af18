"""The masks of query, value and key as the ``attention_mask`` of a MultiHeadAttention, which Keras 3.8 and later do not take from the tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.attention_masks import ARGUMENT, Attending
from kdoctor.graph.lost_queries import QUERY_MASK, SPREAD, LostQuery
from kdoctor.graph.merged_masks import Made, Mask
from kdoctor.native_config import keras_tensor, native_call
from kdoctor.pointer import Pointer
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.mask_stops import stops_of
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.replacements.stated_masks import shown
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

if TYPE_CHECKING:
    from kdoctor.translate.graph import Graph
    from kdoctor.translate.values import Value

QUERY = "query"
Makers: TypeAlias = Mapping[Made, tuple[Layer, int]]  # a mask -> the layer that makes it, and in which call


def is_tellable(one: Attending, makers: Makers) -> bool:
    """Whether the call is told no mask of its own, and all that come to it can be computed apart."""
    named = {argument.name for argument in given_to(one.layer)[one.call]}
    return ARGUMENT not in named and all(mask <= makers.keys() for mask in (one.query, *one.others))


def telling_attention(
    document: Document, model: Model, found: Sequence[Attending], makers: Makers, release: str
) -> tuple[Edit, ...] | None:
    """Edits of a ``.keras`` document: ``query_mask[:, :, None] & value_mask[:, None, :]``, as ``_compute_attention_mask`` of Keras 2 makes it.

    None where they are more operations than a cure may write: equal masks are made once.
    """
    from kdoctor.translate.graph import Graph  # few files need one, and its tables are dear to import
    from kdoctor.translate.values import Untranslatable

    squares = _Squares(Graph(release, {each.key for each in model.layers}, prefix="mask_"), makers)
    try:
        told = {(one.layer.number, one.call): squares.of((one.query, *one.others)) for one in found}
    except Untranslatable:
        return None
    return _handed_over(document, model, told, squares.graph)


def telling_queries(document: Document, model: Model, found: Sequence[LostQuery], release: str) -> tuple[Edit, ...] | None:
    """Edits of a ``.keras`` document: the ``query_mask`` that a call states with an axis more, as its ``attention_mask``; of a mask one."""
    from kdoctor.translate.graph import Graph
    from kdoctor.translate.values import Tensor, Untranslatable

    graph, made = Graph(release, {each.key for each in model.layers}, prefix="mask_"), dict[Source, Source]()
    told: dict[tuple[int, int], Source] = {}
    try:
        for one in found:
            if one.mask not in made:
                spread = graph(SPREAD, Tensor(*one.mask, None, "bool", True), axis=2)
                assert isinstance(spread, Tensor)
                made[one.mask] = Source(spread.layer, spread.call, spread.output)
            told[one.layer.number, one.call] = made[one.mask]
    except Untranslatable:
        return None
    return _handed_over(document, model, told, graph)


def without_query_masks(document: Document, model: Model, found: Sequence[LostQuery], axes: Mapping[Pointer, int]) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document: the calls state no ``query_mask``, and their queries come with none. ``axes``: of the queries, by layer."""
    stops = stops_of(model, {one.layer.calls[one.call][0]: (one.layer, axes[one.layer.at]) for one in found})
    items, at = layer_list(model.node)
    written = list(items)
    for one in found:
        item, stop = written[one.layer.number], stops[one.layer.calls[one.call][0]]
        nodes = list(item["inbound_nodes"])
        node, query = nodes[one.call], keras_tensor(Source(stop["name"], 0, 0))
        placed, named = list(node["args"]), {**node["kwargs"], QUERY_MASK: None}
        if placed:
            placed[0] = query
        else:
            named[QUERY] = query
        nodes[one.call] = {**node, "args": placed, "kwargs": named}
        written[one.layer.number] = {**item, "inbound_nodes": nodes}
    outputs: Json = model.node.config.get("output_layers")
    return with_arrays(document, [Edit(at, old=items, new=ordered([*written, *stops.values()], outputs))])


def _handed_over(document: Document, model: Model, told: Mapping[tuple[int, int], Source], graph: Graph) -> tuple[Edit, ...]:
    """The calls, by the numbers of layer and call, with these tensors as ``attention_mask``, and the operations that make them beside the layers."""
    items, at = layer_list(model.node)
    written = list(items)
    for (number, call), mask in told.items():
        item = written[number]
        nodes = list(item["inbound_nodes"])
        node = native_call(nodes[call]) if isinstance(nodes[call], list) else nodes[call]
        nodes[call] = {**node, "kwargs": {**(node.get("kwargs") or {}), ARGUMENT: keras_tensor(mask)}}
        written[number] = {**item, "inbound_nodes": nodes}
    outputs: Json = model.node.config.get("output_layers")
    return with_arrays(document, [Edit(at, old=items, new=ordered([*written, *graph.layers], outputs))])


class _Squares:
    """The masks of a model's attentions as operations, each made once."""

    def __init__(self, graph: Graph, makers: Makers) -> None:
        self.graph, self._makers = graph, makers
        self._shown: dict[Made, Value] = {}
        self._made: dict[tuple[Mask, ...], Source] = {}

    def of(self, masks: tuple[Mask, ...]) -> Source:
        """That of a query, and of what it attends to."""
        from kdoctor.translate.values import Tensor

        if masks not in self._made:
            parts = [self._spread(mask, axis) for mask, axis in zip(masks, (2, 1, 1), strict=False) if mask]
            made = self._together(parts)
            assert isinstance(made, Tensor)
            self._made[masks] = Source(made.layer, made.call, made.output)
        return self._made[masks]

    def _spread(self, mask: Mask, axis: int) -> Value:
        """The mask with an axis more, along which it is the same."""
        for made in mask - self._shown.keys():
            self._shown[made] = shown(self.graph, *self._makers[made])
        return self.graph("ExpandDims", self._together([self._shown[made] for made in sorted(mask)]), axis=axis)

    def _together(self, masks: Sequence[Value]) -> Value:
        made = masks[0]
        for mask in masks[1:]:
            made = self.graph("LogicalAnd", made, mask)
        return made
