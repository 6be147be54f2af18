"""Layers that are alike: what the file says of them differs in their names, connections and the lengths that they were built with alone.

A model has thousands of layers, of few kinds.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache

from kdoctor.document import Document, Json
from kdoctor.structure.layers import is_model, layers
from kdoctor.structure.objects import Node

OWN = ("name", "inbound_nodes")  # beside the config, what each layer has for itself
BUILT = "build_config"


@lru_cache(maxsize=4)
def kinds(document: Document) -> Mapping[int, int]:
    """For each listed layer the first one of the file that it is like, itself among them, both as the `id` of their objects.

    Models, which hold layers themselves, are of no kind. Who asks for the lengths of a build_config asks each layer. Nothing of a document
    changes, so that an `id` of it stays its own.
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
    if BUILT in beside and (rank := _rank(beside[BUILT])):
        beside[BUILT] = ("input_shape", rank)  # which no JSON is
    named = isinstance(config.get("name"), str) and bool(config["name"])
    said = {key: value for key, value in config.items() if key != "name"} if named else config
    try:
        return named, OWN[1] in node.raw, repr((beside, said))  # which tells 1 from 1.0, True and "1": in less time than the text of JSON
    except RecursionError:
        return None


def _rank(built: Json) -> int:
    """How many axes a build_config tells that states one usual shape and nothing else; 0 for any other."""
    shape = built.get("input_shape") if isinstance(built, dict) and len(built) == 1 else None
    if not isinstance(shape, list) or not all(length is None or (type(length) is int and length > 0) for length in shape):
        return 0
    return len(shape)
