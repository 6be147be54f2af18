"""Layers whose stated name nothing needs: Keras names them by their class, and every connection goes by the name beside the config."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from kdoctor.document import Document
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import layer_at, layers
from kdoctor.structure.models import models
from kdoctor.structure.objects import Node
from kdoctor.structure.snake_case import snake_case

NUMBER: Final = re.compile(r"_\d+$")


def goes_unnamed(node: Node, class_name: str, document: Document) -> bool:
    """Whether a model means the same when the layer is not told its name: ``no_kw`` and ``no_kw_1`` are what Keras calls two NoKw then.

    Not where a layer of another class has such a name, and not that of an output, whose losses and metrics go by its name. class_name:
    that of the class in the user's source.
    """
    layer = layer_at(document, node.at)
    if layer is None or layer.at != node.at:
        return False  # a wrapper may name what it holds: Bidirectional does
    called = bool(layer.calls) or "inbound_nodes" in node.raw
    if called and (layer.key != node.raw.get("name") or layer.key in _outputs(document).get(layer.container, ())):
        return False
    return _named_alike(document).get((layer.container, snake_case(class_name)), {node.class_name}) == {node.class_name}


@lru_cache(maxsize=4)
def _outputs(document: Document) -> Mapping[Pointer, frozenset[str]]:
    return {model.node.at: frozenset(source.layer for source in model.endpoints("output_layers")) for model in models(document)}


@lru_cache(maxsize=4)
def _named_alike(document: Document) -> Mapping[tuple[Pointer, str], set[str]]:
    """The classes of the layers of each model whose names are one word with or without a number."""
    found: dict[tuple[Pointer, str], set[str]] = {}
    for layer in layers(document):
        found.setdefault((layer.container, NUMBER.sub("", layer.key)), set()).add(layer.class_name)
    return found
