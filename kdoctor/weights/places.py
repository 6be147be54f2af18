"""Where a Keras 3 archive keeps the weights of each layer, by the config alone: the layers that a model has once it is made, counted by class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from kdoctor.document import Document
from kdoctor.keras_api.variables.table import DEEPEST
from kdoctor.pointer import Pointer
from kdoctor.structure.call_numbers import counted_from_one
from kdoctor.structure.keras_order import Graph
from kdoctor.structure.layers import Layer, is_model, layer_nodes, layers_of
from kdoctor.structure.objects import Node, as_node, model_of
from kdoctor.structure.snake_case import snake_case
from kdoctor.structure.sources import PLAIN, Source, are_alone, tensors

# Classes that a config calls by another name than their own, which is the one that weight paths are made of.
REAL_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}
WRAPPED: Final = "layer"  # a wrapper's argument, and the folder of what it holds


class Home(NamedTuple):
    """A layer or model: the names that connections use of the layers around it and its own (positions change), and its place in an archive.

    The outermost model has no name and no place.
    """

    node: Node
    names: tuple[str, ...]
    place: str


def homes(around: Home) -> Iterator[Home]:
    """The homes of the layers in a model and in the models nested or wrapped in it, in order; these stand before their own layers."""
    if len(around.names) >= DEEPEST:
        return
    for node, place in placed(made(around.node), f"{around.place}/" if around.place else ""):
        beside = node.raw.get("name")
        home = Home(node, (*around.names, beside if isinstance(beside, str) else str(node.name)), place)
        yield home
        model = home if is_model(node) else wrapped(home)
        if model is not None:
            if model is not home:
                yield model
            yield from homes(model)


def wrapped(home: Home) -> Home | None:
    """The model in a wrapper, which is below ``layer`` in it, or in a wrapper that it holds."""
    node, names, place = home
    while len(names) < DEEPEST:
        inner = as_node(node.config.get(WRAPPED), node.at / "config" / WRAPPED)
        if inner is None:
            return None
        node, names, place = inner, (*names, WRAPPED), f"{place}/{WRAPPED}"
        if is_model(node):
            return Home(node, names, place)
    return None


@lru_cache(maxsize=4)
def homes_of_models(document: Document) -> Mapping[Pointer, Home]:
    """The home of the outermost model and of each that is nested or wrapped in it, by where it stands."""
    model = model_of(document)
    if model is None:
        return {}
    root = Home(model, (), "")
    return {root.node.at: root, **{home.node.at: home for home in homes(root) if is_model(home.node)}}


def placed(layers: Iterable[Node], place: str) -> Iterator[tuple[Node, str]]:
    """Each layer of a model with its place in an archive: its class, counted."""
    used: Counter[str] = Counter()
    for node in layers:
        word = stem(node.class_name)
        yield node, f"{place}layers/{word}_{used[word]}" if used[word] else f"{place}layers/{word}"
        used[word] += 1


def stem(class_name: str) -> str:
    """What the folders of a class's layers begin with: ``layer_normalization``."""
    own = class_name.rpartition(">")[2]  # an .h5 puts the package of a registered class before its name
    return snake_case(REAL_NAMES.get(own, own))


def made(model: Node) -> Iterator[Node]:
    """The layers that the model has once it is made, in its order: of a Functional those between its inputs and outputs, one of each name."""
    if "output_layers" not in model.config:
        yield from layer_nodes(model)
        return
    rows = layers_of(model)
    by_name = {row.key: row for row in reversed(rows)}
    order = _order(model, by_name)
    yield from (row.node for row in rows if by_name[row.key] is row) if order is None else (by_name[name].node for name in order)


def _order(model: Node, layers: Mapping[str, Layer]) -> list[str] | None:
    """The layers that the outputs are made from, as far back as the inputs, in Keras's order; None where the graph does not tell.

    A model that was cut out of a larger one may list layers before its inputs too (K203).
    """
    outputs = model.config["output_layers"]
    begins = frozenset((source.layer, source.output) for source in tensors(model.config.get("input_layers")))
    cut = any(layers[name].calls for name, _ in begins if name in layers)
    numbered = counted_from_one([row.node for row in layers.values()], outputs)
    graph = Graph({name: _as_flattened(row) for name, row in layers.items()}, numbered, begins if cut else frozenset())
    order = graph.order(graph.end(end, from_one=_counts_ends_from_one(layers.get(end.layer))) for end in tensors(outputs, by_name=True))
    return order if order and graph.whole else None


def _as_flattened(row: Layer) -> tuple[tuple[Source, ...], ...]:
    """The tensors of each call in the order in which Keras takes them out of it."""
    if are_alone(row.calls):
        return row.calls
    nodes = row.node.raw.get("inbound_nodes")
    listed = nodes if isinstance(nodes, list) else []
    return tuple(call if type(call) in PLAIN else tensors(node, by_name=True) for call, node in zip(row.calls, listed, strict=True))


def _counts_ends_from_one(row: Layer | None) -> bool:
    return row is not None and row.class_name != "Sequential" and is_model(row.node)
