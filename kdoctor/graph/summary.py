"""The model as people know it from ``model.summary()``, from the file alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.graph.shapes import output_shapes
from kdoctor.structure.layers import Layer, is_model, layer_list, layers
from kdoctor.structure.manifest import model_weights, parameters, weights_by_layer
from kdoctor.structure.objects import model_of
from kdoctor.structure.sequential import Shape, as_shape, statements


class Row(NamedTuple):
    """One layer: its output shape where the file tells it, and its parameters, those of a nested model's layers included."""

    layer: Layer
    parameters: int
    shape_of: Callable[[Layer], Shape | None]

    @property
    def shape(self) -> Shape | None:
        """Looked for when it is asked: of 10,000 layers a page shows fifteen."""
        return self.shape_of(self.layer)


class Summary(NamedTuple):
    """Class and name of the model, its layers (outermost ones only), parameters (elements) and their size in bytes."""

    class_name: str | None
    name: str | None
    layers: int
    parameters: int
    weight_bytes: int


def summarize(document: Document) -> Summary:
    model = model_of(document)
    return Summary(
        None if model is None else model.class_name,
        None if model is None else model.name,
        0 if model is None else len(layer_list(model)[0]),
        parameters(document),
        sum(weight.bytes for weight in model_weights(document).values()),
    )


def rows(document: Document) -> tuple[Row, ...]:
    """A row for each layer, nested models' layers after their model."""
    found = layers(document)
    consumers = _consumers(found)
    counted = _with_nested(found, [sum(weight.parameters for weight in owned.values()) for owned in weights_by_layer(document)])
    inferred = output_shapes(document)

    def shape_of(layer: Layer) -> Shape | None:
        return _output(layer, consumers) or inferred.get(layer.at)

    return tuple(Row(layer, count, shape_of) for layer, count in zip(found, counted, strict=True))


def _with_nested(found: tuple[Layer, ...], own: list[int]) -> list[int]:
    """A nested model has its layers' parameters, also where the file keeps those under the layers' names alone (as ``.h5`` may)."""
    counted = list(own)
    inside = [0] * (max((layer.depth for layer in found), default=0) + 2)
    for at in range(len(found) - 1, -1, -1):
        depth = found[at].depth
        counted[at] = max(own[at], inside[depth + 1])
        inside[depth + 1] = 0
        inside[depth] += counted[at]
    return counted


def _consumers(found: tuple[Layer, ...]) -> Mapping[tuple[object, str], Layer]:
    """Which layer reads the only output of which, within each model: by connection, or by the order of a Sequential."""
    consumers: dict[tuple[object, str], Layer] = {}
    before: dict[object, Layer] = {}
    for layer in found:
        calls = layer.calls
        if calls and len(calls) == 1 and len(calls[0]) == 1 and calls[0][0].output == 0:
            consumers.setdefault((layer.container, calls[0][0].layer), layer)
        elif not calls and layer.container in before:
            consumers.setdefault((layer.container, before[layer.container].name), layer)
        before[layer.container] = layer
    return consumers


def _output(layer: Layer, consumers: Mapping[tuple[object, str], Layer]) -> Shape | None:
    """What the layer's consumer was built with; else what its own input shape and units say."""
    if layer.class_name == "InputLayer":
        return next((statement.shape for statement in statements(layer.node)), None)
    consumer = consumers.get((layer.container, layer.name))
    if consumer is not None and not is_model(consumer.node):
        shape = _built(consumer)
        if shape is not None:
            return shape
    return _own_output(layer)


def _built(layer: Layer) -> Shape | None:
    return as_shape(layer.node.build_config.get("input_shape"))


def _own_output(layer: Layer) -> Shape | None:
    """Dense and the like change the last axis alone."""
    shape, units = _built(layer), layer.node.config.get("units")
    if layer.class_name == "Dense" and shape is not None and type(units) is int:
        return (*shape[:-1], units)
    return None
