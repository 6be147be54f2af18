"""Layers that are alike: what the file says of them differs in their names and connections alone. A model has thousands of layers, of few kinds."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache

from kdoctor.document import Document
from kdoctor.structure.layers import is_model, layers
from kdoctor.structure.objects import Node

OWN = ("name", "inbound_nodes")  # beside the config, what each layer has for itself


@lru_cache(maxsize=4)
def kinds(document: Document) -> Mapping[int, int]:
    """For each listed layer the first one of the file that it is like, itself among them, both as the `id` of their objects.

    Models, which hold layers themselves, are of no kind. Nothing of a document changes, so that an `id` of it stays its own.
    """
    known: dict[Hashable, int] = {}
    found: dict[int, int] = {}
    for layer in layers(document):
        said = None if is_model(layer.node) else _said(layer.node)
        if said is not None:
            own = id(layer.node.raw)
            found.setdefault(own, known.setdefault(said, own))
    return found


def _said(node: Node) -> Hashable:
    """All that the file says of a layer but its own; None where it has no config, or one nested too deep to be told quickly."""
    config, beside = node.raw["config"], {key: value for key, value in node.raw.items() if key not in OWN and key != "config"}
    if not isinstance(config, dict) or not isinstance(node.raw.get("name", ""), str):
        return None
    named = isinstance(config.get("name"), str) and bool(config["name"])
    said = {key: value for key, value in config.items() if key != "name"} if named else config
    try:
        return named, OWN[1] in node.raw, repr((beside, said))  # which tells 1 from 1.0, True and "1": in less time than the text of JSON
    except RecursionError:
        return None
