"""Output shapes of recurrent layers and of the wrappers around layers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kdoctor.document import Json
from kdoctor.keras_api.output_shapes.convolution import around, convolved, spatial
from kdoctor.keras_api.output_shapes.rule import Inner, UnknownShape, one
from kdoctor.keras_api.variables.variable import Config, Shape, Shapes, times, whole
from kdoctor.structure.objects import Node, as_node

STATES = {"LSTM": 2, "LSTMCell": 2}  # numbers of states of a cell; others have one


def recurrent(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, config = one(shapes), node.config
    units = whole(config["units"])
    return _steps(config, shape, (units,), [(units,)] * STATES.get(node.class_name, 1))


def from_cell(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """RNN: as wide as its (last) cell; one state for each state of each cell."""
    cells = list(_cells(node.config["cell"]))
    widths = [whole(cell["config"]["units"]) for cell in cells]
    states = [(width,) for cell, width in zip(cells, widths, strict=True) for _ in range(STATES.get(cell["class_name"], 1))]
    return _steps(node.config, one(shapes), (widths[-1],), states)


def _cells(value: Json) -> Iterator[Json]:
    """The cells in order. Raises `UnknownShape` for one that is not Keras's own."""
    for item in value if isinstance(value, list) else [value]:
        if item["class_name"] == "StackedRNNCells":
            yield from _cells(item["config"]["cells"])
        elif item["class_name"] in ("LSTMCell", "GRUCell", "SimpleRNNCell"):
            yield item
        else:
            raise UnknownShape


def convolutional(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """ConvLSTM: each step is an image."""
    shape, config = one(shapes), node.config
    step = (shape[0], *shape[2:])
    state = around(config, step, convolved(config, spatial(config, step)), whole(config["filters"]))[1:]
    return _steps(config, shape, state, [state, state])


def _steps(config: Config, shape: Shape, given: Shape, states: Sequence[Shape]) -> Shapes:
    output = (*shape[:2], *given) if config.get("return_sequences") else (shape[0], *given)
    return (output, *((shape[0], *state) for state in states)) if config.get("return_state") else (output,)


def bidirectional(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """Forwards and backwards, merged along the last axis or not at all; then the states of both."""
    wrapped = as_node(node.config.get("layer"), node.at / "config" / "layer")
    found = None if wrapped is None else inner(wrapped, shapes[:1])
    if wrapped is None or not found or found[0] is None:
        return None
    output, states = found[0], found[1:]
    mode = node.config.get("merge_mode", "concat")
    if mode is None:
        return (output, output, *states, *states)
    return ((*output[:-1], times(output[-1], 2)) if mode == "concat" else output, *states, *states)


def time_distributed(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """The wrapped layer's outputs, once for every step."""
    wrapped = as_node(node.config.get("layer"), node.at / "config" / "layer")
    shape = one(shapes)
    found = None if wrapped is None else inner(wrapped, ((shape[0], *shape[2:]),))
    if found is None:
        return None
    return tuple(None if inside is None else (inside[0], shape[1], *inside[1:]) for inside in found)


def wrapped(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """A wrapper that changes the wrapped layer's weights, not its output."""
    inside = as_node(node.config.get("layer"), node.at / "config" / "layer")
    return None if inside is None else inner(inside, shapes)
