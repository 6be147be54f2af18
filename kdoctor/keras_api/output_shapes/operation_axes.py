"""Output shapes of operations that take axes away, add some, or move them."""

from __future__ import annotations

import itertools

from kdoctor.document import Json
from kdoctor.keras_api.output_shapes.arrangement import joined, stretched
from kdoctor.keras_api.output_shapes.operands import arguments, shapes_of_operands
from kdoctor.keras_api.output_shapes.rule import Inner, Rule, UnknownShape, all_known, one
from kdoctor.keras_api.variables.variable import Shapes, times, whole, whole_list
from kdoctor.structure.objects import Node

Lengths = list[int | None]


def _axes(value: Json, rank: int) -> set[int]:
    """The axes meant by ``axis``, counted from 0. Raises `ValueError` for one that is not there."""
    found = set(range(rank)) if value is None else {whole(axis) for axis in (value if isinstance(value, (list, tuple)) else [value])}
    if any(not -rank <= axis < rank for axis in found):
        raise ValueError(f"no axis {value}")
    return {axis % rank for axis in found}


def reduced(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = one(shapes)
    axes = _axes(node.config.get("axis"), len(shape))
    if node.config.get("keepdims"):
        return (tuple(1 if axis in axes else length for axis, length in enumerate(shape)),)
    return (tuple(length for axis, length in enumerate(shape) if axis not in axes),)


def along(axis: int | None) -> Rule:
    """The rule of what goes along one axis, by default this one: along None all axes become one."""

    def rule(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
        shape = one(shapes)
        return (shape,) if node.config.get("axis", axis) is not None else ((times(*shape),),)

    return rule


def moments(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = one(shapes)
    axes, keep = _axes(node.config["axes"], len(shape)), node.config.get("keepdims")
    found = tuple(1 if axis in axes else length for axis, length in enumerate(shape) if keep or axis not in axes)
    return (found, found)


def item(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """``x[key]``: numbers, slices, None and one Ellipsis."""
    shape, (_, key) = one(shapes), arguments(node)
    keys = [key] if not isinstance(key, list) else key
    keys = keys if any(_is(entry, "__ellipsis__") for entry in keys) else [*keys, {"class_name": "__ellipsis__"}]
    rest: Lengths = list(shape)
    found: Lengths = []
    for index, entry in enumerate(keys):
        if _is(entry, "__ellipsis__"):
            after = sum(other is not None for other in keys[index + 1 :])
            found += rest[: len(rest) - after]
            rest = rest[len(rest) - after :]
        elif entry is None:
            found.append(1)
        else:
            length = rest.pop(0)
            if _is(entry, "__slice__"):
                found.append(_sliced(length, entry["config"]))
            elif length is not None and not -length <= whole(entry) < length:
                raise ValueError(f"no item {entry}")
    return (tuple(found),)


def _is(value: Json, name: str) -> bool:
    return isinstance(value, dict) and value.get("class_name") == name


def _sliced(length: int | None, config: Json) -> int | None:
    start, stop, step = (config.get(key) for key in ("start", "stop", "step"))
    whole_axis = start in (None, 0) and stop is None and step in (None, 1)
    if length is None:
        return None
    return length if whole_axis else len(range(*slice(start, stop, step).indices(length)))


def reshaped(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = one(shapes)
    wanted = node.config["newshape"]
    target = [whole(length) for length in (wanted if isinstance(wanted, (list, tuple)) else [wanted])]
    if -1 not in target:
        return (tuple(target),)
    total, rest = times(*shape), times(*(length for length in target if length != -1))
    free = total // rest if total is not None and rest else None
    return (tuple(free if length == -1 else length for length in target),)


def transposed(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = one(shapes)
    axes = node.config.get("axes")
    if axes is None:
        return (tuple(reversed(shape)),)
    return (tuple(shape[axis] for axis in whole_list(axes, len(shape))),)


def expanded(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, axis = one(shapes), node.config["axis"]
    axes = axis if isinstance(axis, list) else [axis]
    rank = len(shape) + len(axes)
    places = {whole(place) % rank for place in axes}
    rest = iter(shape)
    return (tuple(1 if place in places else next(rest) for place in range(rank)),)


def squeezed(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, axis = one(shapes), node.config.get("axis")
    if axis is None:
        if None in shape:
            raise UnknownShape
        return (tuple(length for length in shape if length != 1),)
    axes = _axes(axis, len(shape))
    if any(shape[place] not in (1, None) for place in axes):
        raise ValueError("an axis that is not of length 1")
    return (tuple(length for place, length in enumerate(shape) if place not in axes),)


def concatenated(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    return (joined(shapes_of_operands(node, shapes), whole(node.config.get("axis", 0))),)


def stacked(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    known = shapes_of_operands(node, shapes)
    shape = tuple(next((length for length in column if length is not None), None) for column in zip(*known, strict=True))
    place = whole(node.config.get("axis", 0)) % (len(shape) + 1)
    return ((*shape[:place], len(known), *shape[place:]),)


def unstacked(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = one(shapes)
    place = whole(node.config.get("axis", 0)) % len(shape)
    count = node.config.get("num") or shape[place]
    return ((*shape[:place], *shape[place + 1 :]),) * whole(count)


def split(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, parts = one(shapes), node.config["indices_or_sections"]
    place = whole(node.config.get("axis", 0)) % len(shape)
    length = shape[place]
    if isinstance(parts, int):
        lengths: Lengths = [None if length is None else length // parts] * parts
    else:
        starts: Lengths = [0, *parts, length]
        lengths = [None if b is None or a is None else b - a for a, b in itertools.pairwise(starts)]
    return tuple((*shape[:place], each, *shape[place + 1 :]) for each in lengths)


def padded(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, widths = one(shapes), node.config["pad_width"]
    if not isinstance(widths, list) or len(widths) != len(shape):
        raise UnknownShape
    return (tuple(None if length is None else length + sum(whole_list(pair, 2)) for length, pair in zip(shape, widths, strict=True)),)


def tiled(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, repeats = one(shapes), node.config["repeats"]
    times_ = [repeats] if isinstance(repeats, int) else list(repeats)
    rank = max(len(shape), len(times_))
    counts = [1] * (rank - len(times_)) + times_
    return (tuple(times(length, whole(count)) for length, count in zip((1,) * (rank - len(shape)) + shape, counts, strict=True)),)


def repeated(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, repeats, axis = one(shapes), node.config["repeats"], node.config.get("axis")
    if axis is None or not isinstance(repeats, int):
        raise UnknownShape
    place = whole(axis) % len(shape)
    return ((*shape[:place], times(shape[place], repeats), *shape[place + 1 :]),)


def broadcast_to(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    wanted = node.config["shape"]
    return (tuple(whole(length) for length in wanted),)


def taken(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, indices = shapes_of_operands(node, shapes) if arguments(node) else all_known(shapes)
    axis = node.config.get("axis")
    if axis is None:
        return (indices,)
    place = whole(axis) % len(shape)
    return ((*shape[:place], *indices, *shape[place + 1 :]),)


def taken_along(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, indices = shapes_of_operands(node, shapes)
    axis = node.config.get("axis")
    if axis is None:
        return (indices,)
    place = whole(axis) % len(shape)
    found = list(stretched((*shape[:place], 1, *shape[place + 1 :]), (*indices[:place], 1, *indices[place + 1 :])))
    found[place] = indices[place]
    return (tuple(found),)


def one_hot(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape, axis = one(shapes), whole(node.config.get("axis", -1))
    place = axis % (len(shape) + 1)
    return ((*shape[:place], whole(node.config["num_classes"]), *shape[place:]),)


def top(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = (*one(shapes)[:-1], whole(node.config["k"]))
    return (shape, shape)


def multiplied(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    a, b = shapes_of_operands(node, shapes)
    if len(a) < 2 or len(b) < 2:
        left = a[:-1] if len(b) == 1 else ()
        right = (*b[:-2], b[-1]) if len(b) > 1 else ()
        return ((*right[:-1], *left, *right[-1:]) if len(a) == 1 else left,)
    return ((*stretched(a[:-2], b[:-2]), a[-2], b[-1]),)


def dotted(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """``numpy.dot``: the last axis of the one with the last but one of the other; a number scales."""
    a, b = shapes_of_operands(node, shapes)
    if not a or not b:
        return (a or b,)
    return ((*a[:-1], *b[:-2], *(b[-1:] if len(b) > 1 else ())),)


def einsum(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """Subscripts of letters alone; an ellipsis or no arrow is not told."""
    known = shapes_of_operands(node, shapes)
    left, arrow, right = str(node.config["subscripts"]).replace(" ", "").partition("->")
    if not arrow or "." in left:
        raise UnknownShape
    lengths: dict[str, int | None] = {}
    for letters, shape in zip(left.split(","), known, strict=True):
        for letter, length in zip(letters, shape, strict=True):
            before = lengths.get(letter, 1)
            lengths[letter] = length if before == 1 or (before is None and length != 1) else before  # a length of 1 is stretched
    return (tuple(lengths[letter] for letter in right),)


def tensordot(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    a, b = shapes_of_operands(node, shapes)
    axes = node.config.get("axes", 2)
    if isinstance(axes, int):
        return ((*a[: len(a) - axes], *b[axes:]),)
    first, second = (_axes(each, len(shape)) for each, shape in zip(axes, (a, b), strict=True))
    kept: Lengths = [length for place, length in enumerate(a) if place not in first]
    return ((*kept, *(length for place, length in enumerate(b) if place not in second)),)
