"""The layers of a model as people know them from ``model.summary()``: order, nesting, connections; both dialects in one view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.pointer import Pointer, innermost
from kdoctor.structure.objects import MODELS, Node, as_node, model_of
from kdoctor.structure.sources import Source, tensors


class Layer(NamedTuple):
    """One layer in its container. ``depth`` is 0 for layers of the outermost model; ``parents`` names the nested models around it.

    ``number`` counts the entries of the container's list from 0; ``key`` is the name that connections use: the one beside the config,
    which a TensorFlowOpLayer has apart from its own. ``calls`` holds the input tensors of each call, in order; a Sequential's layers
    have none, their order says it.
    """

    node: Node
    name: str
    key: str
    number: int
    depth: int
    container: Pointer
    parents: tuple[str, ...]
    calls: tuple[tuple[Source, ...], ...]

    @property
    def class_name(self) -> str:
        return self.node.class_name

    @property
    def at(self) -> Pointer:
        return self.node.at


def layer_list(model: Node) -> tuple[Json, Pointer]:
    """The list of a model's layers and where it stands; Keras 0.3 to 2.2.2 store a Sequential's config as that list."""
    config = model.raw.get("config")
    if isinstance(config, list):
        return config, model.at / "config"
    layers = model.config.get("layers")
    return (layers if isinstance(layers, list) else []), Pointer(model.at.part, (*model.at.keys, "config", "layers"))


@lru_cache(maxsize=16)
def layer_nodes(model: Node) -> tuple[Node, ...]:
    """The layers in a model's list, in order, each with its place; what is no serialized object is left out."""
    items, at = layer_list(model)
    return tuple(node for index, item in enumerate(items) if (node := as_node(item, at / index)) is not None)


def is_model(node: Node) -> bool:
    """Whether the object is a model with layers of its own (a subclassed model may have any class name)."""
    return node.class_name in MODELS or isinstance(node.config.get("layers"), list)


@lru_cache(maxsize=4)
def layers(document: Document) -> tuple[Layer, ...]:
    """All layers, outermost model first, each nested model's layers right after it."""
    model = model_of(document)
    return tuple(_layers(model)) if model is not None else ()


@lru_cache(maxsize=16)
def layers_of(model: Node) -> tuple[Layer, ...]:
    """The layers of one model, without those of the models nested in it; it may stand anywhere, in a wrapper too."""
    return tuple(_rows(model))


def _layers(model: Node) -> Iterator[Layer]:
    """Depth first with a stack of iterators: a hostile file may nest models deeper than Python's stack."""
    stack = [iter(layers_of(model))]
    while stack:
        layer = next(stack[-1], None)
        if layer is None:
            stack.pop()
            continue
        yield layer
        if is_model(layer.node):
            depth, parents = layer.depth + 1, (*layer.parents, layer.name)
            stack.append(iter([inner._replace(depth=depth, parents=parents) for inner in layers_of(layer.node)]))


def _rows(model: Node) -> Iterator[Layer]:
    for node in layer_nodes(model):
        index, beside = node.at.keys[-1], node.raw.get("name")
        assert isinstance(index, int)
        name = node.name or f"#{index}"
        key = beside if isinstance(beside, str) else name
        yield Layer(node, name, key, index, 0, model.at, (), _calls(node.raw.get("inbound_nodes")))


def _calls(nodes: Json) -> tuple[tuple[Source, ...], ...]:
    return tuple(map(tensors, nodes)) if isinstance(nodes, list) else ()


def layer_at(document: Document, at: Pointer) -> Layer | None:
    """The innermost layer whose object holds this place."""
    return innermost(_places(document), at)


@lru_cache(maxsize=4)
def _places(document: Document) -> Mapping[Pointer, Layer]:
    return {layer.at: layer for layer in layers(document)}
