"""Layers that are alike: what the file says of them differs in their names and connections alone. A model has thousands of layers, of few kinds."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import lru_cache

from kdoctor.document import Document
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import is_model, layers
from kdoctor.structure.objects import Node

OWN = ("name", "inbound_nodes")  # beside the config, what each layer has for itself


@lru_cache(maxsize=4)
def repeated(document: Document) -> frozenset[Pointer]:
    """The places of the layers that are like one before them in the file; models, which hold layers themselves, are like no other."""
    known: set[Hashable] = set()
    found: set[Pointer] = set()
    for layer in layers(document):
        said = None if is_model(layer.node) else _said(layer.node)
        if said in known:
            found.add(layer.at)
        elif said is not None:
            known.add(said)
    return frozenset(found)


def without_repeated(document: Document, nodes: Iterable[Node]) -> Iterator[Node]:
    """The objects, in the order of the file, without the layers that are like an earlier one and all that these hold."""
    places = repeated(document)
    around: Pointer | None = None
    for node in nodes:
        if around is not None and node.at.part == around.part and node.at.keys[: len(around.keys)] == around.keys:
            continue
        around = node.at if node.at in places else None
        if around is None:
            yield node


def _said(node: Node) -> Hashable:
    """All that the file says of a layer but its own; None where it has no config, or one nested too deep to be told quickly."""
    config, beside = node.raw["config"], {key: value for key, value in node.raw.items() if key not in OWN and key != "config"}
    if not isinstance(config, dict):
        return None
    named = isinstance(config.get("name"), str) and bool(config["name"])
    said = {key: value for key, value in config.items() if key != "name"} if named else config
    try:
        return named, OWN[1] in node.raw, repr((beside, said))  # which tells 1 from 1.0, True and "1": in less time than the text of JSON
    except RecursionError:
        return None
