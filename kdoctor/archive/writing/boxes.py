"""Parts of an array by their places alone: what is too large to hold is worked on box by box.

A box has a (start, stop) for each axis. Places count in C order, the last axis fastest.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TypeAlias

Shape: TypeAlias = "tuple[int, ...]"
Box: TypeAlias = "tuple[tuple[int, int], ...]"


def whole(shape: Shape) -> Box:
    return tuple((0, length) for length in shape)


def extents(box: Box) -> Shape:
    """The shape of what stands in a box."""
    return tuple(stop - start for start, stop in box)


def within(box: Box, axis: int, start: int, stop: int) -> Box:
    """The box with another range along one axis."""
    return (*box[:axis], (start, stop), *box[axis + 1 :])


def slabs(box: Box, limit: int) -> Iterator[Box]:
    """Boxes of at most ``limit`` elements that fill a box, in C order."""
    count = prod(extents(box))
    if count <= max(1, limit):
        yield box
        return
    axis, start, stop = _first_long(box)
    step = max(1, limit // (count // (stop - start)))
    for at in range(start, stop, step):
        yield from slabs(within(box, axis, at, min(stop, at + step)), limit)


def runs(shape: Shape, first: int, last: int) -> Iterator[Box]:
    """Boxes of an array that hold, one after the other, its elements ``first`` to ``last`` counted in C order."""
    if first >= last:
        return
    if not shape:
        yield ()
        return
    row = prod(shape[1:])
    start, stop = -(-first // row), last // row  # whole rows between them
    if start > stop:  # all within one row
        yield from _in_row(shape, stop, first - stop * row, last - stop * row)
        return
    yield from _in_row(shape, start - 1, first - (start - 1) * row, row)
    if start < stop:
        yield ((start, stop), *whole(shape[1:]))
    yield from _in_row(shape, stop, 0, last - stop * row)


def span(shape: Shape, box: Box) -> tuple[int, int]:
    """The places of the first element of a box that is not empty, and behind its last, counted in C order through the whole array."""
    strides = strides_of(shape)
    first = sum(start * stride for (start, _), stride in zip(box, strides, strict=True))
    return first, 1 + sum((stop - 1) * stride for (_, stop), stride in zip(box, strides, strict=True))


def strides_of(shape: Shape) -> Shape:
    """How many elements lie between neighbours along each axis."""
    return tuple(prod(shape[axis + 1 :]) for axis in range(len(shape)))


def close(shape: Shape, box: Box, limit: int) -> Iterator[Box]:
    """Boxes that fill a box in C order, each within a span of ``limit`` elements or without any gap."""
    first, last = span(shape, box)
    count = prod(extents(box))
    if last - first <= limit or last - first == count:
        yield box
        return
    axis, start, stop = _first_long(box)
    stride = strides_of(shape)[axis]
    one = last - first - (stop - 1 - start) * stride
    step = 1 + max(0, limit - one) // stride
    for at in range(start, stop, step):
        yield from close(shape, within(box, axis, at, min(stop, at + step)), limit)


def _in_row(shape: Shape, index: int, first: int, last: int) -> Iterator[Box]:
    for box in runs(shape[1:], first, last):
        yield ((index, index + 1), *box)


def _first_long(box: Box) -> tuple[int, int, int]:
    """The first axis along which a box has more than one element, with its range."""
    return next((axis, start, stop) for axis, (start, stop) in enumerate(box) if stop - start > 1)
