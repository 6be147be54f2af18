"""Layers that Keras 3 has not, said as small models of layers that it has: what is computed with the same numbers, laid out anew.

Sources: keras/layers/local.py and keras/utils/conv_utils.py of Keras 2.2.5 and 2.15.0, keras/layers/core.py of Keras 1.2.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from types import MappingProxyType
from typing import Final

from kdoctor.document import Json
from kdoctor.keras_api.variables.retired import implementation
from kdoctor.keras_api.variables.variable import whole, whole_list
from kdoctor.objects import Node
from kdoctor.recipe import Recipe, join, part, reshape, transpose

INPUT = "input"
POSITIONS = 1024  # of an output, each of whose kernels is cut out of one masked array
PENALTIES = ("kernel_regularizer", "bias_regularizer", "activity_regularizer")
LIMITS = ("kernel_constraint", "bias_constraint", "W_constraint", "b_constraint", "W_regularizer", "b_regularizer", "activity_regularizer")


@dataclass(frozen=True, slots=True)
class Small:
    """The layers behind an input, in order, each as Keras 3 stores it; the last is the output.

    arrays: the recipes of the variables of those layers that have any, by name, in the layer's own order.
    """

    layers: tuple[dict[str, Json], ...]
    arrays: Mapping[str, tuple[Recipe, ...]]


def small_model(node: Node, shape: Sequence[int | None], arrays: Sequence[Recipe]) -> Small | None:
    """The model that computes what a retired layer does with this input (batch first) and these arrays; None where there is no equal."""
    rule = RULES.get(node.class_name)
    return None if rule is None else rule(node, tuple(shape), tuple(arrays))


def _locally_connected_1d(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...]) -> Small | None:
    """As one of two dimensions, the second of length 1."""
    if len(shape) != 3 or shape[1] is None or shape[2] is None:
        return None
    kernels = _kernels(node, shape[1:2], shape[2], arrays[0])
    if kernels is None:
        return None
    (steps,), (size,), (stride,) = kernels.outputs, kernels.sizes, kernels.strides
    width = size * shape[2]
    layers = (
        _layer("Reshape", "as_image", [INPUT], target_shape=[shape[1], 1, shape[2]]),
        _patches([size, 1], [stride, stride], "as_image"),
        _layer("Reshape", "as_steps", ["patches"], target_shape=[steps, width]),
        _local(node, "abc,bcd->abd", "as_steps", [steps, width]),
    )
    return Small(layers, {"local": (kernels.recipe, *arrays[1:])})


def _locally_connected_2d(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...]) -> Small | None:
    lengths = [length for length in shape[1:] if length is not None]
    if len(shape) != 4 or len(lengths) != 3:
        return None
    kernels = _kernels(node, lengths[:2], lengths[2], arrays[0])
    if kernels is None:
        return None
    rows, columns = kernels.outputs
    width = prod(kernels.sizes) * lengths[2]
    kernel = reshape(kernels.recipe, (rows, columns, *kernels.recipe.shape[1:]))
    layers = (
        _patches(list(kernels.sizes), list(kernels.strides), INPUT),
        _local(node, "abcd,bcde->abce", "patches", [rows, columns, width]),
    )
    return Small(layers, {"local": (kernel, *arrays[1:])})


@dataclass(frozen=True, slots=True)
class _Kernels:
    """The kernels of a locally connected layer: (output position, place in the window and channel, filter)."""

    outputs: tuple[int, ...]
    sizes: tuple[int, ...]
    strides: tuple[int, ...]
    recipe: Recipe


def _kernels(node: Node, lengths: Sequence[int | None], channels: int, stored: Recipe) -> _Kernels | None:
    config, rank = node.config, len(lengths)
    ways = (config.get("padding", "valid"), config.get("data_format") or "channels_last")
    if ways != ("valid", "channels_last") or any(config.get(name) is not None for name in LIMITS[:2]):
        return None
    sizes, strides = whole_list(config["kernel_size"], rank), whole_list(config.get("strides", 1), rank)
    filters = whole(config["filters"])
    given = tuple(length for length in lengths if length is not None)
    outputs = tuple((length - size) // stride + 1 for length, size, stride in zip(given, sizes, strides, strict=True))
    positions, width = prod(outputs), prod(sizes) * channels
    shapes = {1: (positions, width, filters), 2: (*given, channels, *outputs, filters), 3: (positions * filters * width,)}
    kind = implementation(node)
    if stored.shape != shapes.get(kind):
        return None
    found = stored
    if kind == 3:  # the values of a sparse matrix, sorted by output (filters last), then by input
        found = transpose(reshape(stored, (positions, filters, width)), (0, 2, 1))
    if kind == 2:
        if positions > POSITIONS:
            return None
        cut = [_cut(stored, place, sizes, strides) for place in product(*map(range, outputs))]
        found = join(0, [reshape(one, (1, width, filters)) for one in cut])
    return _Kernels(outputs, sizes, strides, found)


def _cut(stored: Recipe, place: tuple[int, ...], sizes: tuple[int, ...], strides: tuple[int, ...]) -> Recipe:
    """Of one array for all inputs and outputs, what leads from the window of one output to it; a mask hides the rest."""
    rank, found = len(place), stored
    for axis, index in enumerate(place):
        found = part(found, rank + 1 + axis, index, index + 1)
    for axis, index in enumerate(place):
        start = index * strides[axis]
        found = part(found, axis, start, start + sizes[axis])
    return found


def _local(node: Node, equation: str, source: str, shape: list[int]) -> dict[str, Json]:
    config = node.config
    bias = {"bias_axes": equation.rpartition("->")[2][1:]} if config.get("use_bias", True) else {}
    told = {name: config[name] for name in PENALTIES if config.get(name) is not None}
    output = [*shape[:-1], whole(config["filters"])]
    settings = {"equation": equation, "output_shape": output, "activation": config.get("activation"), **bias, **told}
    return {**_layer("EinsumDense", "local", [source], **settings), "build_config": {"input_shape": [None, *shape]}}


def _patches(sizes: list[int], strides: list[int], source: str) -> dict[str, Json]:
    """Windows of an image, one row after the other, the channels last: a convolution with ones."""
    one = len({*strides}) == 1  # a number where it can be one: early releases of Keras 3 take no list here
    settings: dict[str, Json] = {
        "size": sizes,
        "strides": strides[0] if one else strides,
        "padding": "valid",
        "data_format": "channels_last",
    }
    found = _layer("ExtractPatches", "patches", [source], **settings)
    return {**found, "module": "keras.src.ops.image", "registered_name": "ExtractPatches"}


def _highway(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...]) -> Small | None:
    """T(x) h(x) + (1 - T(x)) x, told as x + T(x) (h(x) - x)."""
    if len(shape) != 2 or shape[1] is None or any(node.config.get(name) is not None for name in LIMITS):
        return None
    bias = bool(node.config.get("bias", True))
    told: dict[str, Json] = {"units": shape[1], "use_bias": bias}
    layers = (
        _layer("Dense", "carry", [INPUT], **told, activation="sigmoid"),
        _layer("Dense", "transform", [INPUT], **told, activation=node.config.get("activation", "linear")),
        _layer("Subtract", "change", ["transform", INPUT]),
        _layer("Multiply", "gated", ["carry", "change"]),
        _layer("Add", "carried", ["gated", INPUT]),
    )
    return Small(layers, {"carry": (arrays[1], *arrays[3:4]), "transform": (arrays[0], *arrays[2:3])})


def _maxout(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...]) -> Small | None:
    if len(shape) != 2 or shape[1] is None or any(node.config.get(name) is not None for name in LIMITS):
        return None
    features, units = whole(node.config["nb_feature"]), whole(node.config["output_dim"])
    bias = {"bias_axes": "cd"} if node.config.get("bias", True) else {}
    most = _layer("Max", "most", ["pieces"], axis=1, keepdims=False)
    layers = (
        _layer("EinsumDense", "pieces", [INPUT], equation="ab,cbd->acd", output_shape=[features, units], **bias),
        {**most, "module": "keras.src.ops.numpy", "registered_name": "Max"},
    )
    return Small(layers, {"pieces": arrays})


def _layer(class_name: str, name: str, sources: Sequence[str], **config: Json) -> dict[str, Json]:
    tensors = [_tensor(source) for source in sources]
    return {
        "module": "keras.layers", "class_name": class_name, "config": {"name": name, **config}, "registered_name": None, "name": name,
        "inbound_nodes": [{"args": [tensors if len(tensors) > 1 else tensors[0]], "kwargs": {}}],
    }  # fmt: skip


def _tensor(source: str) -> dict[str, Json]:
    """Keras resolves it by its history alone (functional.deserialize_node)."""
    return {"class_name": "__keras_tensor__", "config": {"shape": [None], "dtype": "float32", "keras_history": [source, 0, 0]}}


Rule = Callable[[Node, "tuple[int | None, ...]", "tuple[Recipe, ...]"], "Small | None"]
RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    "LocallyConnected1D": _locally_connected_1d,
    "LocallyConnected2D": _locally_connected_2d,
    "Highway": _highway,
    "MaxoutDense": _maxout,
})  # fmt: skip
CUTTING: Final = frozenset({"LocallyConnected1D", "LocallyConnected2D"})  # cut their input into patches
