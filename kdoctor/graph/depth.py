"""How many calls of layers deep a model is, as its loader walks it: back from the outputs to the inputs, one stack frame a call.

Every Keras builds a Functional by such a recursion (keras/src/ops/function.py, ``_build_map_helper``; ``build_map`` before 2.4), and a
Sequential is one of a single row. A call that was walked before is not walked again, so it is the order of the walk that counts, not the
longest way. A nested model is one call of the model around it, and has a walk of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kdoctor.document import Document, Json
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import all_models
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import PLAIN, Source, tensors

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
    for model in all_models(document):
        node = model.node
        around = sum(key in AROUND for key in node.at.keys)
        if "output_layers" in node.config:
            yield Walk(node, deepest({layer.key: layer for layer in model.layers}, node.config["output_layers"]), around, False)
        else:
            yield Walk(node, sum(layer.class_name != "InputLayer" for layer in model.layers), around, True)


def deepest(by_name: Mapping[str, Layer], outputs: Json) -> int:
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
            layer = by_name.get(name)
            if layer is None or not layer.calls or layer.class_name == "InputLayer":  # which ends the walk
                continue
            call = min(number, len(layer.calls) - 1) if number else 0  # Keras 2 counts the calls of a nested model from 1
            if call < 0 or (name, call) in begun:
                continue
            begun.add((name, call))
            if len(under_way) > most:
                most = len(under_way)
            under_way.append(iter(_taken(layer, call)))
    return most


def _taken(layer: Layer, call: int) -> tuple[Source, ...]:
    """The tensors of a call, in the order in which Keras walks them."""
    found = layer.calls[call]
    return found if type(found) in PLAIN else tensors(layer.node.raw["inbound_nodes"][call], by_name=True)
