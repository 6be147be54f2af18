"""The mask of a sequence as an argument of the recurrent layer that takes it: Keras 3 hands none on beside an ``initial_state``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.native_config import keras_tensor, native_call
from kdoctor.replacements.graph_order import ordered
from kdoctor.replacements.moved_arrays import with_arrays
from kdoctor.structure.layers import Layer, layer_list
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

if TYPE_CHECKING:
    from kdoctor.translate.graph import Graph
    from kdoctor.translate.values import Tensor

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


class Told(NamedTuple):
    """A call that is to be told a mask: that of all ``makers`` together, or, of none, one of every step of what ``like`` takes."""

    layer: Layer
    call: int
    makers: tuple[tuple[Layer, int], ...]
    like: tuple[Layer, int]


def with_masks(document: Document, model: Model, found: Sequence[Unmasked], release: str) -> tuple[Edit, ...] | None:
    """Edits of a ``.keras`` document in whose calls the states are an argument already."""
    makers = ((one, (one.maker, one.made.call)) for one in found)
    return telling(document, model, [Told(one.layer, one.call, (maker,), maker) for one, maker in makers], release)


def telling(document: Document, model: Model, found: Sequence[Told], release: str) -> tuple[Edit, ...] | None:
    """Edits of a ``.keras`` document whose calls are in the words of Keras 3; None where they are more operations than a cure may write."""
    from kdoctor.translate.graph import Graph  # few files need one, and its tables are dear to import
    from kdoctor.translate.values import Untranslatable

    # what compute_mask of an Embedding makes for the layers that do get its mask is named not_equal, beside the layers
    graph = Graph(release, {each.key for each in model.layers}, prefix="mask_")
    items, at = layer_list(model.node)
    written = list(items)
    masks: dict[tuple[tuple[str, int], ...], Source] = {}  # equal ones are made once
    for one in found:
        asked = tuple((maker.key, call) for maker, call in (one.makers or (one.like, one.like)))
        try:
            mask = masks[asked] if asked in masks else masks.setdefault(asked, _mask(graph, one))
        except Untranslatable:
            return None
        item = written[one.layer.number]
        nodes = list(item["inbound_nodes"])
        node = native_call(nodes[one.call]) if isinstance(nodes[one.call], list) else nodes[one.call]
        nodes[one.call] = {**node, "kwargs": {**(node.get("kwargs") or {}), "mask": keras_tensor(mask)}}
        written[one.layer.number] = {**item, "inbound_nodes": nodes}
    outputs: Json = model.node.config.get("output_layers")
    edits = [Edit(at, old=items, new=ordered([*written, *graph.layers], outputs))]
    return with_arrays(document, edits)


def _mask(graph: Graph, one: Told) -> Source:
    from kdoctor.translate.values import Tensor

    if not one.makers:
        made = shown(graph, *one.like, hidden=False)
    else:
        made = shown(graph, *one.makers[0])
        for maker in one.makers[1:]:
            made = graph("LogicalAnd", made, shown(graph, *maker))
    assert isinstance(made, Tensor)
    return Source(made.layer, made.call, made.output)


def shown(graph: Graph, maker: Layer, call: int, hidden: bool = True) -> Tensor:
    """``x != 0`` of what an Embedding takes, ``any(x != mask_value, axis=-1)`` of what a Masking does (their ``compute_mask``); all, not ``hidden``."""
    from kdoctor.translate.values import Tensor

    (source,) = maker.calls[call]
    given = Tensor(*source, None, "float32", True)
    nothing = 0 if maker.class_name == "Embedding" else maker.node.config.get("mask_value", 0.0)
    seen = graph("NotEqual", given, nothing) if hidden else graph("Equal", given, given)
    made = seen if maker.class_name == "Embedding" else graph("Any", seen, axis=-1, keepdims=False)
    assert isinstance(made, Tensor)
    return made
