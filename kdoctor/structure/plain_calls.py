"""Layers whose calls each take one whole tensor, or one list of such, by position: almost all calls of thousands do."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from kdoctor.document import Document, Json
from kdoctor.structure.layers import Layer, layers
from kdoctor.structure.sources import CONSTANT, PLAIN, Alone, Source
from kdoctor.structure.whole_tensor import KEYS, is_whole


@lru_cache(maxsize=4)
def called_plainly(document: Document) -> frozenset[int]:
    """The layers, each as the `id` of its object, whose calls are all of this kind, in the words of Keras 3; and those that nothing calls.

    Among the keywords of such a call are plain values alone: no list, no dict, and no tensor holds more than its own words. Of a layer of the file: what somebody makes may get
    the `id` of another object.
    """
    return frozenset([id(layer.node.raw) for layer in layers(document) if _is_plain(layer)])


def _is_plain(layer: Layer) -> bool:
    nodes = layer.node.raw.get("inbound_nodes")
    return isinstance(nodes, list) and all(map(_takes_whole, layer.calls, nodes))


def _takes_whole(sources: tuple[Source, ...], call: Json) -> bool:
    if type(sources) not in PLAIN or not sources or CONSTANT in [source.layer for source in sources]:
        return False
    (given,) = call["args"]
    return _is_bare(given) if type(sources) is Alone else all(map(_is_bare, given))


def _is_bare(tensor: Mapping[str, Json]) -> bool:
    """Whether a tensor has every word of one and no other, so that nothing can be held by it."""
    return is_whole(tensor) and len(tensor) == 2 and len(tensor["config"]) == len(KEYS) and len(tensor["config"]["keras_history"]) == 3
