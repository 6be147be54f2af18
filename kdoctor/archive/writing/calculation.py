"""Carries out recipes, any part of the result at a time. Import this module only in the process that may hold arrays: it brings numpy.

Numbers of a dtype that numpy lacks (bfloat16) are calculated with as float32, and held as the bits that are stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy

from kdoctor.archive.writing.boxes import Box, close, extents, runs, span, strides_of, within
from kdoctor.recipe_steps import Add, Cast, Constant, Flip, Join, Part, Recipe, Reshape, Scale, Take, Transpose

Array: TypeAlias = Any  # of numpy
Stored: TypeAlias = Callable[[Take, Box], Array]

SLAB_BYTES: Final = 16 << 20  # of a result that are made at a time
GAPS: Final = 1 << 14  # elements: so close together, pieces are read with what lies between them
BRAIN: Final = "bfloat16"
QUIET: Final = numpy.uint16(0x7FC0)  # a bfloat16 that is no number


def values(recipe: Recipe, box: Box, stored: Stored) -> Array:
    """What the recipe makes within a box; ``stored`` gives a part of a stored array, fresh: it may be overwritten."""
    match recipe:
        case Take():
            return stored(recipe, box)
        case Transpose(of, axes):
            places = dict(zip(axes, box, strict=True))
            return values(of, tuple(places[axis] for axis in range(len(axes))), stored).transpose(axes)
        case Reshape(of):
            return _reshaped(recipe, of, box, stored)
        case Flip(of, axes):
            mirrored = (_mirrored(of.shape[axis], *place) if axis in axes else place for axis, place in enumerate(box))
            return numpy.flip(values(of, tuple(mirrored), stored), axes)
        case Part(of, axis, first):
            start, stop = box[axis]
            return values(of, within(box, axis, first + start, first + stop), stored)
        case Join(parts, axis):
            return _joined(parts, axis, box, stored)
    return bits(_calculated(recipe, box, stored), recipe.dtype)


def _calculated(recipe: Recipe, box: Box, stored: Stored) -> Array:
    """What is made by arithmetic, as numbers."""
    dtype = "float32" if recipe.dtype == BRAIN else recipe.dtype
    taken = [numbers(values(each, box, stored), each.dtype) for each in recipe.ingredients]
    match recipe:
        case Constant(value):
            return numpy.full(extents(box), value, dtype)
        case Scale():
            return _scaled(recipe, box, taken[0])
        case Add():
            return numpy.asarray(taken[0] + taken[1])
        case Cast():
            with numpy.errstate(all="ignore"):  # a number too large for its new dtype is what it is
                return taken[0].astype(dtype)
    raise TypeError(f"an unknown step: {recipe!r}")


def numbers(array: Array, dtype: str) -> Array:
    """What can be calculated with: the array itself, or the float32 that the bits of a bfloat16 stand for."""
    if dtype != BRAIN:
        return array
    return (array.astype("uint32") << numpy.uint32(16)).view("float32")


def bits(array: Array, dtype: str) -> Array:
    """The array itself, or for bfloat16 the bits of the nearest ones, of two that are as near the even one."""
    if dtype != BRAIN:
        return array
    wide = numpy.ascontiguousarray(array, "float32").view("uint32").reshape(array.shape)
    odd = (wide >> numpy.uint32(16)) & numpy.uint32(1)
    rounded = ((wide + (numpy.uint32(0x7FFF) + odd)) >> numpy.uint32(16)).astype("uint16")
    return numpy.where(numpy.isnan(array), QUIET, rounded)


def _reshaped(recipe: Recipe, of: Recipe, box: Box, stored: Stored) -> Array:
    result: Array | None = None
    if 0 in extents(box):
        return values(of, ((0, 0),) * len(of.shape), stored).ravel()[:0].reshape(extents(box))
    for inner in close(recipe.shape, box, GAPS):
        found = _spanned(recipe, of, inner, stored)
        if inner == box:
            return found
        if result is None:
            result = numpy.empty(extents(box), found.dtype)
        result[tuple(slice(a - at, b - at) for (a, b), (at, _) in zip(inner, box, strict=True))] = found
    assert result is not None
    return result


def _spanned(recipe: Recipe, of: Recipe, box: Box, stored: Stored) -> Array:
    """Everything between the first and the last element of a box in one row, and of it what lies in the box."""
    row = numpy.concatenate([values(of, inner, stored).ravel() for inner in runs(of.shape, *span(recipe.shape, box))])
    steps = tuple(stride * row.itemsize for stride in strides_of(recipe.shape))
    return numpy.lib.stride_tricks.as_strided(row, extents(box), steps).copy()


def _joined(parts: tuple[Recipe, ...], axis: int, box: Box, stored: Stored) -> Array:
    start, stop = box[axis]
    found: list[Array] = []
    offset = 0
    for part in parts:
        length = part.shape[axis]
        first, last = max(start, offset), min(stop, offset + length)
        if first < last:
            found.append(values(part, within(box, axis, first - offset, last - offset), stored))
        offset += length
    return numpy.concatenate(found, axis) if found else values(parts[0], within(box, axis, 0, 0), stored)


def _scaled(recipe: Scale, box: Box, array: Array) -> Array:
    start, stop = box[recipe.axis]
    first, last = max(start, recipe.start) - start, min(stop, recipe.stop) - start
    if first < last:
        array[(slice(None),) * recipe.axis + (slice(first, last),)] *= array.dtype.type(recipe.factor)
    return array


def _mirrored(length: int, start: int, stop: int) -> tuple[int, int]:
    return length - stop, length - start
