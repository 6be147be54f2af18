"""The layers of a model as people know them from ``model.summary()``: order, nesting, connections; both dialects in one view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.pointer import Pointer
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
    return (layers if isinstance(layers, list) else []), model.at / "config" / "layers"


def is_model(node: Node) -> bool:
    """Whether the object is a model with layers of its own (a subclassed model may have any class name)."""
    return node.class_name in MODELS or isinstance(node.config.get("layers"), list)


@lru_cache(maxsize=4)
def layers(document: Document) -> tuple[Layer, ...]:
    """All layers, outermost model first, each nested model's layers right after it."""
    model = model_of(document)
    return tuple(_layers(model, 0, ())) if model is not None else ()


def layers_of(model: Node) -> tuple[Layer, ...]:
    """The layers of one model, without those of the models nested in it; it may stand anywhere, in a wrapper too."""
    return tuple(_own(model, 0, ()))


def _layers(model: Node, depth: int, parents: tuple[str, ...]) -> Iterator[Layer]:
    """Depth first with a stack of iterators: a hostile file may nest models deeper than Python's stack."""
    stack = [_own(model, depth, parents)]
    while stack:
        layer = next(stack[-1], None)
        if layer is None:
            stack.pop()
            continue
        yield layer
        if is_model(layer.node):
            stack.append(_own(layer.node, layer.depth + 1, (*layer.parents, layer.name)))


def _own(model: Node, depth: int, parents: tuple[str, ...]) -> Iterator[Layer]:
    items, at = layer_list(model)
    for index, item in enumerate(items):
        node = as_node(item, at / index)
        if node is not None:
            name, beside = node.name or f"#{index}", item.get("name")
            key = beside if isinstance(beside, str) else name
            yield Layer(node, name, key, index, depth, model.at, parents, tuple(_calls(item.get("inbound_nodes"))))


def _calls(nodes: Json) -> Iterator[tuple[Source, ...]]:
    for node in nodes if isinstance(nodes, list) else ():
        yield tuple(tensors(node))


def layer_at(document: Document, at: Pointer) -> Layer | None:
    """The innermost layer whose object holds this place."""
    places = _places(document)
    for end in range(len(at.keys), -1, -1):
        found = places.get(Pointer(at.part, at.keys[:end]))
        if found is not None:
            return found
    return None


@lru_cache(maxsize=4)
def _places(document: Document) -> Mapping[Pointer, Layer]:
    return {layer.at: layer for layer in layers(document)}
