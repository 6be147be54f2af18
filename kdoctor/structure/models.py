"""The models of a file: the outermost one and every model nested in it, with what connects their layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model, layers, layers_of
from kdoctor.structure.objects import MODELS, Node, model_of
from kdoctor.structure.outline import found_in_objects
from kdoctor.structure.sources import Source


class Model(NamedTuple):
    """A model with its own layers. ``nested`` says that it stands inside another one, as a layer or wrapped in one."""

    node: Node
    layers: tuple[Layer, ...]
    nested: bool

    @property
    def functional(self) -> bool:
        """Whether its layers are connected by nodes, rather than by their order."""
        return self.node.class_name != "Sequential" and "output_layers" in self.node.config

    @property
    def cut(self) -> tuple[Layer, ...]:
        """The layers whose output the model takes for its input: it was cut out of another one, behind them."""
        begins = {source.layer for source in self.endpoints("input_layers")} if self.functional else set()
        return tuple(layer for layer in self.layers if layer.key in begins and layer.class_name != "InputLayer")

    def endpoints(self, key: str) -> tuple[Source, ...]:
        """The tensors that ``input_layers`` or ``output_layers`` names, in any form: flat, list, or dict."""
        return tuple(_endpoints(self.node.config.get(key)))


@lru_cache(maxsize=4)
def model_nodes(document: Document) -> tuple[Node, ...]:
    """The models of the config as the objects that they are, outermost first: nested ones, and those inside wrappers too."""
    return tuple(found_in_objects(document, _models_in))


def _models_in(node: Node) -> Iterator[Node]:
    listed = "layers" in node.config or node.class_name in MODELS
    if listed and node.at.part == "config" and node.key != "dtype" and is_model(node):
        yield node


@lru_cache(maxsize=4)
def models(document: Document) -> tuple[Model, ...]:
    """Every model whose layers the file lists, the outermost first; those inside wrappers have no `Layer` rows and are left out."""
    root = model_of(document)
    own: dict[Pointer, list[Layer]] = {}
    for layer in layers(document):
        own.setdefault(layer.container, []).append(layer)
    found = [] if root is None else [Model(root, tuple(own.get(root.at, ())), False)]
    nested = {layer.at for layer in layers(document)}
    for node in model_nodes(document):
        if node.at in nested:
            found.append(Model(node, tuple(own.get(node.at, ())), True))
    return tuple(found)


@lru_cache(maxsize=4)
def wrapped_models(document: Document) -> tuple[Model, ...]:
    """Every model inside a wrapper (TimeDistributed), or nested in one that is: those that `models` leaves out."""
    known = {model.node.at for model in models(document)}
    return tuple(Model(node, layers_of(node), True) for node in model_nodes(document) if node.at not in known)


@lru_cache(maxsize=4)
def all_models(document: Document) -> tuple[Model, ...]:
    """Every model of the config, those inside wrappers last."""
    return (*models(document), *wrapped_models(document))


def is_wrapped(at: Pointer) -> bool:
    """Whether a place is inside a wrapper: Keras 2 called what TimeDistributed holds once, with all times as samples; Keras 3 calls it for each."""
    return "layer" in at.keys


def home_of(document: Document, at: Pointer) -> tuple[Model, Layer] | None:
    """The model that lists the object at this place among its layers, and its row there; wrapped models are looked into."""
    return _homes(document).get(at)


@lru_cache(maxsize=4)
def _homes(document: Document) -> Mapping[Pointer, tuple[Model, Layer]]:
    return {layer.at: (model, layer) for model in all_models(document) for layer in model.layers}


def _endpoints(value: Json) -> Iterator[Source]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _endpoints(item)
    elif isinstance(value, list):
        if len(value) == 3 and isinstance(value[0], str) and type(value[1]) is int and type(value[2]) is int:
            yield Source(value[0], value[1], value[2])
        else:
            for item in value:
                yield from _endpoints(item)
