"""Output shapes of convolutions, pooling, padding, cropping and upsampling: arithmetic on the spatial axes."""

from __future__ import annotations

from collections.abc import Callable

from kdoctor.document import Json
from kdoctor.keras_api.output_shapes.rule import Inner, Rule, one
from kdoctor.keras_api.variables.variable import Config, Shape, Shapes, channels, times, whole, whole_list
from kdoctor.structure.objects import Node

Lengths = tuple["int | None", ...]


def windowed(length: int | None, size: int, stride: int, padding: Json, dilation: int = 1) -> int | None:
    """How many places a window takes along an axis (operation_utils.compute_conv_output_shape)."""
    if length is None:
        return None
    free = length - dilation * (size - 1) - 1 if str(padding).lower() == "valid" else length - 1
    return free // stride + 1


def spatial(config: Config, shape: Shape) -> Lengths:
    return shape[2:] if config.get("data_format") == "channels_first" else shape[1:-1]


def around(config: Config, shape: Shape, lengths: Lengths, filters: int | None) -> Shape:
    """The shape with other spatial lengths and another number of channels."""
    return (shape[0], filters, *lengths) if config.get("data_format") == "channels_first" else (shape[0], *lengths, filters)


def over_space(
    rank: int, change: Callable[[Config, Lengths], Lengths], filters: Callable[[Config, int | None], int | None] | None = None
) -> Rule:
    """The rule of a layer that changes each spatial axis by itself."""

    def rule(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
        shape, config = one(shapes), node.config
        if len(shape) != rank + 2:
            return None
        given = channels(config, shape)
        return (around(config, shape, change(config, spatial(config, shape)), given if filters is None else filters(config, given)),)

    return rule


def convolved(config: Config, lengths: Lengths) -> Lengths:
    rank, padding = len(lengths), config.get("padding", "valid")
    sizes, strides = whole_list(config["kernel_size"], rank), whole_list(config.get("strides", 1), rank)
    dilations = whole_list(config.get("dilation_rate", 1), rank)
    every = zip(lengths, sizes, strides, dilations, strict=True)
    return tuple(windowed(length, size, stride, padding, dilation) for length, size, stride, dilation in every)


def transposed(config: Config, lengths: Lengths) -> Lengths:
    rank, padding, extra = len(lengths), str(config.get("padding", "valid")).lower(), config.get("output_padding")
    sizes, strides = whole_list(config["kernel_size"], rank), whole_list(config.get("strides", 1), rank)
    dilations = whole_list(config.get("dilation_rate", 1), rank)
    extras = (None,) * rank if extra is None else whole_list(extra, rank)
    every = zip(lengths, sizes, strides, dilations, extras, strict=True)
    return tuple(_transposed(length, (size - 1) * dilation + 1, stride, padding, more) for length, size, stride, dilation, more in every)


def _transposed(length: int | None, size: int, stride: int, padding: str, extra: int | None) -> int | None:
    """backend_utils._get_output_shape_given_tf_padding."""
    if length is None:
        return None
    if padding == "valid":
        return (length - 1) * stride + size + (max(size, stride) - size if extra is None else extra)
    return length * stride if extra is None else (length - 1) * stride + size % 2 + extra


def pooled(config: Config, lengths: Lengths) -> Lengths:
    rank, padding = len(lengths), config.get("padding", "valid")
    sizes = whole_list(config.get("pool_size", 2), rank)
    strides = sizes if config.get("strides") is None else whole_list(config["strides"], rank)
    return tuple(windowed(length, size, stride, padding) for length, size, stride in zip(lengths, sizes, strides, strict=True))


def adapted(config: Config, lengths: Lengths) -> Lengths:
    return whole_list(config["output_size"], len(lengths))


def enlarged(config: Config, lengths: Lengths) -> Lengths:
    return tuple(times(length, size) for length, size in zip(lengths, whole_list(config.get("size", 2), len(lengths)), strict=True))


def padded(config: Config, lengths: Lengths) -> Lengths:
    pairs = _pairs(config.get("padding", 1), len(lengths))
    return tuple(None if length is None else length + sum(pair) for length, pair in zip(lengths, pairs, strict=True))


def cropped(config: Config, lengths: Lengths) -> Lengths:
    pairs = _pairs(config.get("cropping", (1, 1) if len(lengths) == 1 else 0 if len(lengths) == 2 else 1), len(lengths))
    return tuple(None if length is None else length - sum(pair) for length, pair in zip(lengths, pairs, strict=True))


def _pairs(value: Json, rank: int) -> list[tuple[int, ...]]:
    """Before and after each axis: one number for all, a number for each, or a pair for each; on one axis a pair is just that."""
    if rank == 1:
        return [whole_list(value, 2)]
    items = value if isinstance(value, (list, tuple)) else [value] * rank
    return [whole_list(item, 2) for item in items]


def filters_of(config: Config, given: int | None) -> int | None:
    return whole(config["filters"])


def multiplied(config: Config, given: int | None) -> int | None:
    return times(given, whole(config.get("depth_multiplier", 1)))


def pooled_away(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """Global pooling: one number for each channel."""
    shape, config = one(shapes), node.config
    lengths = spatial(config, shape)
    if config.get("keepdims"):
        return (around(config, shape, (1,) * len(lengths), channels(config, shape)),)
    return ((shape[0], channels(config, shape)),)
