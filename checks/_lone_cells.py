"""A stack of one cell, which Keras 3 loads and does not call: the states of it come in one list more than it returns them in.

StackedRNNCells.call returns ``new_states[0]`` of a single cell (stacked_rnn_cells.py of 3.0 to 3.15.1), and the loop over the steps wants the
states as they went in: with a mask always, and unrolled without one of an LSTMCell (3.15.1 tried with every cell).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.masks import reached
from kdoctor.structure.models import all_models
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

STACK, OF_TWO_STATES = "StackedRNNCells", "LSTMCell"


def lone_cells(document: Document, target: Target) -> Iterator[Finding]:
    """The cure takes the cell without the stack, which computes the same; an ``.h5`` keeps their arrays in one order (K610)."""
    if not target.keras_3 or not any(objects_named(document, (STACK,))):
        return
    for model in all_models(document):
        masked = reached(model)
        for layer in model.layers:
            for held in _recurrent(layer.node):
                stack = as_node(held.config.get("cell"), held.at / "config" / "cell")
                cells = stack.config.get("cells") if stack is not None and stack.class_name == STACK else None
                if stack is None or not isinstance(cells, list) or len(cells) != 1:
                    continue
                unrolled = held.config.get("unroll") is True and _named(cells[0]) == OF_TWO_STATES
                looped = held.config.get("unroll") is not True
                if (looped and layer.key in masked) or (unrolled and layer.key not in masked):
                    yield _found(document, stack, layer.name, target)


def _recurrent(node: Node) -> Iterator[Node]:
    """The RNN that a layer is, or those that a Bidirectional holds."""
    if node.class_name == "RNN":
        yield node
    elif node.class_name == "Bidirectional":
        held = (as_node(node.config.get(key), node.at / "config" / key) for key in ("layer", "backward_layer"))
        yield from (one for one in held if one is not None and one.class_name == "RNN")


def _named(cell: object) -> object:
    return cell.get("class_name") if isinstance(cell, Mapping) else None


def _found(document: Document, stack: Node, name: str | None, target: Target) -> Finding:
    cell = stack.config["cells"][0]
    taken = Repair("take the cell without the stack", (Edit(stack.at, old=stack.raw, new=cell),))
    return Finding(
        stack.at,
        f"{target} does not call the cell of {name!r}, which stands alone in a StackedRNNCells: it returns its states in another form",
        repair=None if document.format.native else taken,
        layer=name,
        keras_says="ValueError: Exception encountered when calling RNN.call(). The two structures don't have the same nested structure.",
    )
