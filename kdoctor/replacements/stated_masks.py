"""The mask of a sequence as an argument of the recurrent layer that takes it: Keras 3 hands none on beside an ``initial_state``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.native_config import keras_tensor
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

if TYPE_CHECKING:
    from kdoctor.translate.graph import Graph

MAKERS: Final = ("Embedding", "Masking")


class Unmasked(NamedTuple):
    """A call of a recurrent layer that lost its mask: its number, the layer that makes the mask, and the output of it that does."""

    layer: Layer
    call: int
    maker: Layer
    made: Source


def is_told(one: Unmasked) -> bool:
    """Whether the mask can be computed apart: an Embedding's or a Masking's, of the tensor that it takes."""
    calls = one.maker.calls
    return one.maker.class_name in MAKERS and 0 <= one.made.call < len(calls) and len(calls[one.made.call]) == 1


def with_masks(document: Document, model: Model, found: Sequence[Unmasked], release: str) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document in whose calls the states are an argument already."""
    from kdoctor.translate.graph import Graph  # few files need one, and its tables are dear to import

    # what compute_mask of an Embedding makes for the layers that do get its mask is named not_equal, beside the layers
    graph = Graph(release, {each.key for each in model.layers}, prefix="mask_")
    items, at = layer_list(model.node)
    written = list(items)
    for one in found:
        mask = _mask(graph, one)
        item = written[one.layer.number]
        nodes = list(item["inbound_nodes"])
        node = nodes[one.call]
        nodes[one.call] = {**node, "kwargs": {**(node.get("kwargs") or {}), "mask": keras_tensor(mask)}}
        written[one.layer.number] = {**item, "inbound_nodes": nodes}
    outputs: Json = model.node.config.get("output_layers")
    edits = [Edit(at, old=items, new=ordered([*written, *graph.layers], outputs))]
    return with_arrays(document, edits)


def _mask(graph: Graph, one: Unmasked) -> Source:
    """``x != 0`` of what an Embedding takes, ``any(x != mask_value, axis=-1)`` of what a Masking does (their ``compute_mask``)."""
    from kdoctor.translate.values import Tensor

    (source,) = one.maker.calls[one.made.call]
    given = Tensor(*source, None, "float32", True)
    if one.maker.class_name == "Embedding":
        made = graph("NotEqual", given, 0)
    else:
        made = graph("Any", graph("NotEqual", given, one.maker.node.config.get("mask_value", 0.0)), axis=-1, keepdims=False)
    return Source(made.layer, made.call, made.output)
