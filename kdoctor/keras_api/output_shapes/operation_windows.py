"""Output shapes of operations on images: resizing, pooling, exchanging depth and space. They say their data format."""

from __future__ import annotations

from kdoctor.keras_api.output_shapes.convolution import around, spatial
from kdoctor.keras_api.output_shapes.convolution import pooled as pooled_lengths
from kdoctor.keras_api.output_shapes.rule import Inner, UnknownShape, one
from kdoctor.keras_api.variables.variable import Shape, Shapes, channels, times, whole, whole_list
from kdoctor.structure.objects import Node


def resized(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = one(shapes)
    height, width = whole_list(node.config["size"], 2)
    if len(shape) not in (3, 4):
        raise UnknownShape
    if node.config.get("data_format") == "channels_first":
        return ((*shape[:-2], height, width),)
    return ((*shape[:-3], height, width, shape[-1]),)


def gray(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = one(shapes)
    first = node.config.get("data_format") == "channels_first"
    return ((*shape[:-3], 1, *shape[-2:]) if first else (*shape[:-1], 1),)


def pooled(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, config = one(shapes), node.config
    return (around(config, shape, pooled_lengths(config, spatial(config, shape)), channels(config, shape)),)


def depth_to_space(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, size = _image(shapes), whole(node.config["block_size"])
    depth = channels(node.config, shape)
    lengths = tuple(times(length, size) for length in spatial(node.config, shape))
    return (around(node.config, shape, lengths, None if depth is None else depth // size**2),)


def space_to_depth(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, size = _image(shapes), whole(node.config["block_size"])
    lengths = tuple(None if length is None else length // size for length in spatial(node.config, shape))
    return (around(node.config, shape, lengths, times(channels(node.config, shape), size**2)),)


def _image(shapes: Shapes) -> Shape:
    shape = one(shapes)
    if len(shape) != 4:
        raise UnknownShape
    return shape
