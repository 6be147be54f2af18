"""What the built-in layers want of the shapes that they are called with, as their input_spec, build and call of Keras 3.15.1 have it.

Checked against the real thing: tests/keras_api/test_input_shapes.py calls each layer in the installed Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from kdoctor.keras_api.operation import of_keras_3
from kdoctor.keras_api.output_shapes import arrangement, convolution
from kdoctor.keras_api.output_shapes.rule import all_known, one
from kdoctor.keras_api.variables.table import UNREADABLE, is_builtin
from kdoctor.keras_api.variables.variable import Shape, Shapes, channels, times, whole
from kdoctor.structure.objects import Node

SPATIAL = (1, 2, 3)


class Refusal(NamedTuple):
    """Why a layer does not take its inputs: what it wants, and the message that Keras shows."""

    wants: str
    keras_says: str


class Rank(NamedTuple):
    """How many axes an input has, the batch counted; or how many at least."""

    axes: int
    at_least: bool = False

    def refused(self, name: str | None, shape: Shape) -> Refusal | None:
        if len(shape) == self.axes or (self.at_least and len(shape) > self.axes):
            return None
        key = "min_ndim" if self.at_least else "ndim"
        return Refusal(
            f"{'at least ' if self.at_least else ''}{self.axes} axes",
            f"ValueError: Input 0 with name 'None' of layer '{name}' is incompatible with the layer: expected {key}={self.axes}, "
            f"found ndim={len(shape)}. Full shape received: {shape}",
        )


Rule: TypeAlias = "Callable[[Node, Shapes], Refusal | None]"
WINDOWS: Final = (
    "AveragePooling{}D", "MaxPooling{}D", "GlobalAveragePooling{}D", "GlobalMaxPooling{}D",
    "UpSampling{}D", "ZeroPadding{}D", "Cropping{}D", "SpatialDropout{}D",
)  # fmt: skip
RANKS: Final[Mapping[str, Rank]] = MappingProxyType({
    "Dense": Rank(2, at_least=True),
    "RepeatVector": Rank(2),
    **dict.fromkeys(("LSTM", "GRU", "SimpleRNN"), Rank(3)),
    **{f"Conv{rank}D{kind}": Rank(rank + 2, at_least=True) for rank in SPATIAL for kind in ("", "Transpose")},
    **{f"{kind}Conv{rank}D": Rank(rank + 2, at_least=True) for rank in (1, 2) for kind in ("Depthwise", "Separable")},
    **{kind.format(rank): Rank(rank + 2) for rank in SPATIAL for kind in WINDOWS},
    **{f"ConvLSTM{rank}D": Rank(rank + 3) for rank in SPATIAL},
})  # fmt: skip


def refusal_of(node: Node, shapes: Shapes, *, keras_3: bool = True) -> Refusal | None:
    """Why a layer of Keras cannot take inputs of these shapes, the batch first; None where it can, or where that is not known.

    keras_3: whether that is the Keras; a convolution of Keras 2 takes axes before the batch's own.

    Never raises.
    """
    rule = RULES.get(node.class_name)
    if rule is None and node.class_name not in RANKS and node.class_name != "Permute":
        return None
    if not is_builtin(node) or of_keras_3(node) or any(length is not None and length < 0 for shape in shapes for length in shape or ()):
        return None
    try:
        rank = _rank(node)
        refused = None if rank is None else rank.refused(node.name, one(shapes))
        if refused is None and rank is not None and keras_3 and "Conv" in node.class_name:
            refused = _surplus_axes(node, rank.axes, one(shapes))
        return refused if refused is not None or rule is None else rule(node, shapes)
    except UNREADABLE:
        return None


def _rank(node: Node) -> Rank | None:
    return Rank(len(node.config["dims"]) + 1) if node.class_name == "Permute" else RANKS.get(node.class_name)


def _surplus_axes(node: Node, axes: int, shape: Shape) -> Refusal | None:
    """Its input_spec takes them, and what computes its output does not; run in 3.0.5, 3.6.0 and 3.15.1."""
    if len(shape) <= axes:
        return None
    transposed = node.class_name.endswith("Transpose")
    says = "IndexError: tuple index out of range" if transposed else "ValueError: Kernel shape must have the same length as input"
    return Refusal(f"{axes} axes", says)


def _groups(node: Node, shapes: Shapes) -> Refusal | None:
    shape, groups = one(shapes), whole(node.config.get("groups", 1))
    given = channels(node.config, shape)
    if given is None or groups < 1 or given % groups == 0:
        return None
    return Refusal(
        f"channels that {groups} groups share evenly, not {given}",
        "ValueError: The number of input channels must be evenly divisible by the number of groups. "
        f"Received groups={groups}, but the input has {given} channels (full input shape is {shape}).",
    )


def _convolution(node: Node, shapes: Shapes) -> Refusal | None:
    return _groups(node, shapes) or _window(node, shapes)


def _window(node: Node, shapes: Shapes) -> Refusal | None:
    """A convolution whose kernel is longer than what it goes over."""
    shape = one(shapes)
    if len(shape) != RANKS[node.class_name].axes:
        return None
    lengths = convolution.convolved(node.config, convolution.spatial(node.config, shape))
    return _none_left(lengths, f"its kernel of {node.config['kernel_size']}", f"`inputs shape={shape}`")


def _pool(node: Node, shapes: Shapes) -> Refusal | None:
    shape = one(shapes)
    lengths = convolution.pooled(node.config, convolution.spatial(node.config, shape))
    given = " ".join(str(length) for length in shape)
    return _none_left(lengths, f"its window of {node.config['pool_size']}", f"`inputs.shape=[{given}]`")


def _none_left(lengths: convolution.Lengths, window: str, received: str) -> Refusal | None:
    if all(length is None or length > 0 for length in lengths):
        return None
    return Refusal(f"an input as large as {window}", f"ValueError: Computed output size would be zero or negative. Received: {received}")


def _merge(node: Node, shapes: Shapes) -> Refusal | None:
    known = all_known(shapes)
    if len({shape[0] for shape in known if shape} - {None}) > 1:
        says = f"ValueError: Cannot merge tensors with different batch sizes. Received tensors with shapes {list(known)}"
        return Refusal("inputs of one batch size", says)
    found = known[0][1:]
    for shape in known[1:]:
        try:
            found = arrangement.stretched(found, shape[1:])
        except ValueError:
            longer, shorter = (found, shape[1:]) if len(found) >= len(shape) - 1 else (shape[1:], found)
            return Refusal(
                "inputs of equal shapes, lengths of 1 apart",
                f"ValueError: Inputs have incompatible shapes. Received shapes {longer} and {shorter}",
            )
    return None


def _concatenate(node: Node, shapes: Shapes) -> Refusal | None:
    known, axis = all_known(shapes), node.config.get("axis", -1)
    place = whole(axis[0] if isinstance(axis, list) and len(axis) == 1 else axis)
    ranks = {len(shape) for shape in known}
    if len(ranks) == 1:
        (rank,) = ranks
        if not -rank <= place < rank:
            return None
        others = (index for index in range(1, rank) if index != place % rank)
        if all(len({shape[index] for shape in known} - {None}) < 2 for index in others):
            return None
    return Refusal(
        f"inputs of equal lengths on every axis but axis {place}",
        "ValueError: A `Concatenate` layer requires inputs with matching shapes except for the concatenation axis. "
        f"Received: input_shape={known}",
    )


def _dot(node: Node, shapes: Shapes) -> Refusal | None:
    known, axes = all_known(shapes), node.config["axes"]
    first, second = (whole(axis) for axis in (axes if isinstance(axes, (list, tuple)) else (axes, axes)))
    one, other = known
    first, second = first % len(one), second % len(other)
    if 0 in (first, second) or None in (one[first], other[second]) or one[first] == other[second]:
        return None
    return Refusal(
        "two inputs that are equally long on the axes it multiplies along",
        f"ValueError: Incompatible input shapes: axis values {one[first]} (at axis {first}) != {other[second]} (at axis {second}). "
        f"Full input shapes: {one}, {other}",
    )


def _reshape(node: Node, shapes: Shapes) -> Refusal | None:
    given = one(shapes)[1:]
    target, total = tuple(whole(length) for length in node.config["target_shape"]), times(*given)
    rest = times(*(length for length in target if length != -1))
    if total is None or rest is None or target.count(-1) > 1 or rest <= 0:
        return None
    if total % rest == 0 if -1 in target else total == rest:
        return None
    return Refusal(
        f"as many numbers as {target} holds, not {total}",
        f"ValueError: The total size of the tensor must be unchanged. Received: input_shape={given}, target_shape={target}"
        if -1 not in target
        else "ValueError: The total size of the tensor must be unchanged, however, the input size cannot by divided by the specified "
        f"dimensions in target_shape. Received: input_shape={given}, target_shape={target}",
    )


def _normalized(node: Node, shapes: Shapes) -> Refusal | None:
    """An axis that the input does not have, or that of the batch, of whose length no variable can be."""
    shape, axis = one(shapes), whole(node.config.get("axis", -1))
    if -len(shape) <= axis < len(shape) and (axis % len(shape) or shape[0] is not None):
        return None
    says = "ValueError: Shapes used to initialize variables must be fully-defined (no `None` dimensions)."
    return Refusal(f"an axis {axis} of a told length", says if -len(shape) <= axis < len(shape) else "IndexError: tuple index out of range")


def _each_step(node: Node, shapes: Shapes) -> Refusal | None:
    shape = one(shapes)
    if len(shape) >= 3:
        return None
    says = f"ValueError: `TimeDistributed` Layer should be passed an `input_shape` with at least 3 dimensions, received: {shape}"
    return Refusal("at least 3 axes", says)


RULES: Final[Mapping[str, Rule]] = MappingProxyType({
    **{f"Conv{rank}D": _convolution for rank in SPATIAL},
    **{f"{kind}Conv{rank}D": _window for rank in (1, 2) for kind in ("Depthwise", "Separable")},
    **{f"{kind}Pooling{rank}D": _pool for rank in SPATIAL for kind in ("Average", "Max")},
    **dict.fromkeys(("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"), _merge),
    "Concatenate": _concatenate,
    "Dot": _dot,
    "Reshape": _reshape,
    "TimeDistributed": _each_step,
    "BatchNormalization": _normalized,
})  # fmt: skip
