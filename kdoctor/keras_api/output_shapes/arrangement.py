"""Output shapes of layers that rearrange, merge or look up."""

from __future__ import annotations

from collections.abc import Sequence

from kdoctor.keras_api.einsum import read_equation
from kdoctor.keras_api.output_shapes.rule import Inner, UnknownShape, all_known, one
from kdoctor.keras_api.variables.variable import Shape, Shapes, times, whole, whole_list
from kdoctor.structure.objects import Node


def dense(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    return ((*one(shapes)[:-1], whole(node.config["units"])),)


def einsum_dense(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    return (read_equation(node.config, one(shapes)).output,)


def embedding(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    return ((*one(shapes), whole(node.config["output_dim"])),)


def flatten(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    batch, *lengths = one(shapes)
    return ((batch, times(*lengths)),)


def reshape(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    batch, *lengths = one(shapes)
    target = [None if length is None else whole(length) for length in node.config["target_shape"]]
    if -1 not in target:
        return ((batch, *target),)
    total, rest = times(*lengths), times(*(length for length in target if length != -1))
    free = total // rest if total is not None and rest else None
    return ((batch, *(free if length == -1 else length for length in target)),)


def permute(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    shape = one(shapes)
    return ((shape[0], *(shape[whole(axis)] for axis in node.config["dims"])),)


def repeat(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    batch, *lengths = one(shapes)
    return ((batch, whole(node.config["n"]), *lengths),)


def broadcast(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """Add and its kin: lengths of 1 stretch; a shorter shape gains axes after the batch (base_merge)."""
    known = all_known(shapes)
    found = known[0][1:]
    for shape in known[1:]:
        found = stretched(found, shape[1:])
    batches = {shape[0] for shape in known if shape[0] is not None}
    return ((batches.pop() if len(batches) == 1 else None, *found),)


def stretched(one: Shape, other: Shape) -> Shape:
    """The shape of an elementwise result. Raises `ValueError` where there is none."""
    if len(one) < len(other):
        one, other = other, one
    head = one[: len(one) - len(other)]
    return (*head, *(_stretched(a, b) for a, b in zip(one[len(head) :], other, strict=True)))


def _stretched(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return None
    if 1 not in (one, other) and one != other:
        raise ValueError(f"lengths {one} and {other} do not go together")
    return other if one == 1 else one


def concatenate(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    axis = node.config.get("axis", -1)
    return (joined(all_known(shapes), whole(axis[0] if isinstance(axis, list) and len(axis) == 1 else axis)),)


def joined(known: Sequence[Shape], axis: int) -> Shape:
    """Shapes one after the other along an axis; along the others, what the first of them says."""
    at = axis % len(known[0])
    column = [shape[at] for shape in known]
    joint = None if None in column else sum(length for length in column if length is not None)
    return (*known[0][:at], joint, *known[0][at + 1 :])


def dot(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    one_, other = all_known(shapes)
    axes = node.config["axes"]
    first, second = (axes, axes) if type(axes) is int else whole_list(axes, 2)
    first, second = first % len(one_), second % len(other)
    found = (*one_[:first], *one_[first + 1 :], *(length for index, length in enumerate(other) if index not in (0, second)))
    return (found if len(found) > 1 else (*found, 1),)


def attention(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """Attention and AdditiveAttention: as many rows as the query has, as wide as the value."""
    query, value = all_known(shapes)[:2]
    return ((*query[:-1], value[-1]),)


def multi_head(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    query, stated = one(shapes), node.config.get("output_shape")
    if stated is None:
        return (query,)
    return ((*query[:-1], *(stated if isinstance(stated, (list, tuple)) else (whole(stated),))),)


def image(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """A layer that gives images of a stated height and width."""
    shape, config = one(shapes), node.config
    if len(shape) not in (3, 4):
        raise UnknownShape
    lengths = list(shape)
    start = len(shape) - 3 + (config.get("data_format") == "channels_first")
    lengths[start], lengths[start + 1] = whole(config["height"]), whole(config["width"])
    return (tuple(lengths),)
