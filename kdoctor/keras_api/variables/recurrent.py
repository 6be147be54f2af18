"""Variables of cells, recurrent layers and the wrappers around layers (Keras 3.15.1, layers/rnn)."""

from __future__ import annotations

from collections import Counter

from kdoctor.keras_api.variables.variable import (
    Config,
    Inner,
    Rule,
    Shape,
    Shapes,
    Variables,
    below,
    channels,
    first,
    length,
    own,
    whole,
    whole_list,
)  # fmt: skip
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.snake_case import snake_case

GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


def cell(kind: str) -> Rule:
    """A cell takes one step: its input has no axis of time."""

    def rule(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
        return _cell(node.config, GATES[kind], kind == "GRU", length(first(shapes), -1))

    return rule


def recurrent(kind: str) -> Rule:
    """A layer that has made its cell from its own config."""

    def rule(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
        return below("cell", _cell(node.config, GATES[kind], kind == "GRU", length(first(shapes), -1)))

    return rule


def _cell(config: Config, gates: int, two_biases: bool, features: int | None) -> Variables:
    units = whole(config["units"])
    width = units * gates
    bias: Shape = (2, width) if two_biases and config.get("reset_after", True) else (width,)
    more = (("bias", bias),) if config.get("use_bias", True) else ()
    return own(("kernel", (features, width)), ("recurrent_kernel", (units, width)), *more)


def convolutional(rank: int) -> Rule:
    """ConvLSTM: a cell whose products are convolutions."""

    def rule(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
        config, shape = node.config, first(shapes)
        step = None if shape is None else (shape[0], *shape[2:])
        size, filters = whole_list(config["kernel_size"], rank), whole(config["filters"])
        more = (("bias", (4 * filters,)),) if config.get("use_bias", True) else ()
        kernel, recurrent_kernel = (*size, channels(config, step), 4 * filters), (*size, filters, 4 * filters)
        return below("cell", own(("kernel", kernel), ("recurrent_kernel", recurrent_kernel), *more))

    return rule


def from_cell(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """RNN: whatever its cell owns, which sees one step. A list of cells is stacked."""
    shape = first(shapes)
    step = None if shape is None else (shape[0], *shape[2:])
    value, at = node.config.get("cell"), node.at / "config" / "cell"
    if isinstance(value, list):
        found = _stacked([as_node(item, at / index) for index, item in enumerate(value)], step, inner)
    else:
        made = as_node(value, at)
        found = None if made is None else inner(made, (step,))
    return None if found is None else below("cell", found)


def stacked(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    at, value = node.at / "config" / "cells", node.config["cells"]
    return _stacked([as_node(item, at / index) for index, item in enumerate(value)], first(shapes), inner)


def _stacked(cells: list[Node | None], step: Shape | None, inner: Inner) -> Variables | None:
    """Each cell sees what the one before it gives: one step of as many numbers as that has units."""
    found: list[Variables] = []
    used: Counter[str] = Counter()
    for made in cells:
        owned = None if made is None else inner(made, (step,))
        if made is None or owned is None:
            return None
        stem = snake_case(made.class_name)
        found.append(below(f"cells/{stem}_{used[stem]}" if used[stem] else f"cells/{stem}", owned))
        used[stem] += 1
        step = (None if step is None else step[0], _units(made.config))
    return tuple(variable for owned in found for variable in owned)


def _units(config: Config) -> int | None:
    units = config.get("units")
    return units if type(units) is int else None


def bidirectional(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    """The layer forwards, then backwards; the second is a copy unless the config gives one."""
    ahead = as_node(node.config.get("layer"), node.at / "config" / "layer")
    back = as_node(node.config.get("backward_layer"), node.at / "config" / "backward_layer") or ahead
    if ahead is None or back is None:
        return None
    forwards, backwards = inner(ahead, shapes[:1]), inner(back, shapes[:1])
    if forwards is None or backwards is None:
        return None
    return (*below("forward_layer", forwards), *below("backward_layer", backwards))


def time_distributed(node: Node, shapes: Shapes, inner: Inner) -> Variables | None:
    wrapped = as_node(node.config.get("layer"), node.at / "config" / "layer")
    steps = tuple(None if shape is None else (shape[0], *shape[2:]) for shape in shapes)
    found = None if wrapped is None else inner(wrapped, steps)
    return None if found is None else below("layer", found)
