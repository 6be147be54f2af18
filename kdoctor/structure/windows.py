"""How many steps a window takes along each axis: the arithmetic of convolution and pooling."""

from __future__ import annotations

from kdoctor.document import Json
from kdoctor.structure.objects import Node
from kdoctor.structure.sequential import Shape


class Unproven(Exception):
    """A config does not say what would be needed to go on: Keras 1 has other names, a release of the future other values."""


def length_of(layer: Node, key: str) -> int:
    """A config value that is the length of one axis. Raises `Unproven` where it is no whole number."""
    value = layer.config.get(key)
    if type(value) is not int:
        raise Unproven
    return value


def windowed(layer: Node, lengths: Shape) -> Shape:
    """The lengths of the axes after a window of the layer's ``kernel_size`` or ``pool_size`` has gone along them."""
    size = layer.config.get("kernel_size", layer.config.get("pool_size"))
    sizes = _each(size, len(lengths))
    strides = _each(layer.config.get("strides") or size, len(lengths))
    dilations = _each(layer.config.get("dilation_rate", 1), len(lengths))
    padding = layer.config.get("padding")
    found = []
    for length, window, stride, dilation in zip(lengths, sizes, strides, dilations, strict=True):
        if padding not in ("valid", "same", "causal") or stride < 1:
            raise Unproven
        lost = dilation * (window - 1) if padding == "valid" else 0
        found.append(None if length is None else -((lost - length) // stride))
    return tuple(found)


def _each(value: Json, count: int) -> tuple[int, ...]:
    """One whole number for each axis."""
    found = (value,) * count if type(value) is int else tuple(value) if isinstance(value, list) else ()
    if len(found) != count or any(type(item) is not int for item in found):
        raise Unproven
    return found
