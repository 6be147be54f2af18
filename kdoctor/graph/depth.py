"""How many calls of layers deep a model is, as its loader walks it: back from the outputs to the inputs, one stack frame a call.

Every Keras builds a Functional by such a recursion (keras/src/ops/function.py, ``_build_map_helper``; ``build_map`` before 2.4), and a
Sequential is one of a single row. A call that was walked before is not walked again, so it is the order of the walk that counts, not the
longest way. A nested model is one call of the model around it, and has a walk of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.structure.layers import layer_list
from kdoctor.structure.models import model_nodes
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import tensors

Step = tuple[str, int]
AROUND = ("layers", "layer", "forward_layer", "backward_layer")


class Walk(NamedTuple):
    """A model, the number of calls on the deepest way that its loader goes, and how many models and wrappers stand around it."""

    node: Node
    calls: int
    around: int
    sequential: bool


def walks(document: Document) -> Iterator[Walk]:
    """One for every model of the file, those inside wrappers included, outermost first; in time that grows with the config alone."""
    for node in model_nodes(document):
        listed = [layer for layer in layer_list(node)[0] if isinstance(layer, dict)]
        around = sum(key in AROUND for key in node.at.keys)
        if "output_layers" in node.config:
            yield Walk(node, deepest({_name(layer): layer for layer in listed}, node.config["output_layers"]), around, False)
        else:
            yield Walk(node, sum(layer.get("class_name") != "InputLayer" for layer in listed), around, True)


def _name(layer: Mapping[str, Json]) -> str:
    config = layer.get("config")
    return str(layer.get("name") or (config.get("name") if isinstance(config, dict) else ""))


def deepest(by_name: Mapping[str, Mapping[str, Json]], outputs: Json) -> int:
    """The most calls that are begun and not yet ended at one time, those of InputLayers left out; without recursion."""
    most = 0
    begun: set[Step] = set()
    for source in tensors(outputs, by_name=True):
        under_way = [iter((source,))]
        while under_way:
            following = next(under_way[-1], None)
            if following is None:
                under_way.pop()
                continue
            name, number, _ = following
            nodes = _nodes(by_name, name)
            call = min(number, len(nodes) - 1) if number else 0  # Keras 2 counts the calls of a nested model from 1
            if call < 0 or not nodes or (name, call) in begun:
                continue
            begun.add((name, call))
            if len(under_way) > most:
                most = len(under_way)
            under_way.append(iter(tensors(nodes[call], by_name=True)))
    return most


def _nodes(by_name: Mapping[str, Mapping[str, Json]], name: str) -> Sequence[Json]:
    """The calls of a layer; none of an InputLayer, which ends the walk."""
    layer = by_name.get(name, {})
    found = layer.get("inbound_nodes")
    return found if isinstance(found, list) and layer.get("class_name") != "InputLayer" else ()
