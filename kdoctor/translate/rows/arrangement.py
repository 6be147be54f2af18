"""Functions that arrange numbers otherwise: reshape, transpose, join, split, repeat, pad."""

from __future__ import annotations

from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.words import Row, Rows, array, axes, dtype_name, number, operand, stacked, tensor, whole
from kdoctor.translate.values import Dim, ShapeOf, Tensor, Untranslatable, Value, tensors_in


def lengths_of(shape: Value) -> list[Value]:
    """A wanted shape: whole numbers, and lengths that are known only when the model runs."""
    if isinstance(shape, ShapeOf):
        return list(shape.lengths)
    if hasattr(shape, "tolist") and not isinstance(shape, Tensor):
        shape = shape.tolist()
    if not isinstance(shape, (list, tuple)):
        shape = [shape]
    return [length if isinstance(length, Dim) else whole(length) for length in shape]


def reshape(g: Graph, tensor: Value, shape: Value) -> Value:
    """One length that is not known follows from the others, as it does where it says -1."""
    if not isinstance(tensor, Tensor):
        return g("Reshape", array(tensor), newshape=[whole(length) for length in lengths_of(shape)])
    wanted = lengths_of(shape)
    open_at = [place for place, length in enumerate(wanted) if isinstance(length, Dim) or length == -1]
    if len(open_at) <= 1:
        return g("Reshape", tensor, newshape=[-1 if place in open_at else length for place, length in enumerate(wanted)])
    first = wanted[0]
    if not (isinstance(first, Dim) and first.is_batch and tensor.batched):
        raise Untranslatable("reshape with several lengths that are known only when the model runs")
    return _beside_the_batch(g, tensor, wanted[1:])


def _beside_the_batch(g: Graph, x: Tensor, wanted: list[Value]) -> Value:
    """The batch stays; of what is left at most one length may be open."""
    inner, total = x.lengths[1:], 1
    if None not in inner:
        for length in inner:
            total *= length or 0
        known = [length for length in wanted if not isinstance(length, Dim) and length != -1]
        if len(wanted) - len(known) == 1:
            rest = 1
            for length in known:
                rest *= length
            wanted = [length if not isinstance(length, Dim) and length != -1 else total // (rest or 1) for length in wanted]
            return g("Reshape", x, newshape=[-1, *wanted])
    target = [-1 if isinstance(length, Dim) else length for length in wanted]
    if target.count(-1) > 1:
        raise Untranslatable("reshape with several lengths that are known only when the model runs")
    return g.layer("Reshape", x, target_shape=target)


def flatten(g: Graph, x: Value) -> Value:
    return g("Reshape", tensor(x), newshape=[-1])


def batch_flatten(g: Graph, x: Value) -> Value:
    given, size = tensor(x), 1
    for length in given.lengths[1:]:
        if length is None:
            raise Untranslatable("batch_flatten of lengths that are not known")
        size *= length
    return g("Reshape", given, newshape=[-1, size])


def transpose(g: Graph, a: Value, perm: Value = None, conjugate: Value = False) -> Value:
    return g("Transpose", a if isinstance(a, Tensor) else array(a), axes=axes(perm))


def expand_dims(g: Graph, input: Value, axis: Value) -> Value:
    return g(
        "ExpandDims",
        input if isinstance(input, Tensor) else operand(g, input, None),
        axis=whole(axes(axis)[0] if isinstance(axis, list) else axis),
    )


def squeeze(g: Graph, input: Value, axis: Value = None) -> Value:
    given, places = tensor(input), axes(axis)
    if places is None or places == []:
        if None in given.lengths:
            raise Untranslatable("squeeze of every axis of length 1, when not all lengths are known")
        places = [place for place, length in enumerate(given.lengths) if length == 1]
    places = sorted({place % given.rank for place in (places if isinstance(places, list) else [places])}, reverse=True)
    for place in places:
        given = g("Squeeze", given, axis=place)
    return given


def _as_shape(values: Value) -> ShapeOf | None:
    """Lengths beside each other are a shape: ``tf.stack([tf.shape(x)[0], 6])``, ``tf.concat([tf.shape(x)[:1], [12]], 0)``."""
    if not isinstance(values, (list, tuple)) or tensors_in(list(values)):
        return None
    if not any(isinstance(part, (Dim, ShapeOf)) or (isinstance(part, (list, tuple)) and Dim in map(type, part)) for part in values):
        return None
    return ShapeOf(tuple(length for part in values for length in lengths_of(part)), computed=True)


def concat(g: Graph, values: Value, axis: Value) -> Value:
    if isinstance(values, Tensor):
        return values
    if whole(axis) in (0, -1) and (shape := _as_shape(values)) is not None:
        return shape
    parts = [operand(g, value, next((t.dtype for t in tensors_in(list(values))), None)) for value in values]
    return parts[0] if len(parts) == 1 else g("Concatenate", parts, axis=whole(axis))


def concatenate(g: Graph, tensors: Value, axis: Value = -1) -> Value:
    return concat(g, tensors, axis)


def v0_concat(g: Graph, values: Value, axis: Value = 0) -> Value:
    """TensorFlow before 1.0 took the axis first."""
    return concat(g, axis, values) if isinstance(values, int) else concat(g, values, axis)


def stack(g: Graph, values: Value, axis: Value = 0) -> Value:
    if isinstance(values, Tensor):
        if whole(axis) != 0:
            raise Untranslatable("a tensor stacked along another axis than the first")
        return values
    if whole(axis) == 0 and all(isinstance(value, (Dim, int)) for value in values) and (shape := _as_shape(values)) is not None:
        return shape
    inner = [stacked(g, item) if isinstance(item, (list, tuple)) else operand(g, item, None) for item in values]
    return g("Stack", inner, axis=whole(axis))


def unstack(g: Graph, value: Value, num: Value = None, axis: Value = 0) -> Value:
    given, place = tensor(value), whole(axis)
    count = given.lengths[place] if num is None else whole(num)
    if count is None:
        raise Untranslatable("unstack of an axis of unknown length")
    before = (slice(None),) * (place % given.rank)
    return [g("GetItem", given, (*before, index)) for index in range(count)]


def split(g: Graph, value: Value, num_or_size_splits: Value, axis: Value = 0, num: Value = None) -> Value:
    sizes = num_or_size_splits
    if hasattr(sizes, "tolist"):
        sizes = sizes.tolist()
    given, place = tensor(value), whole(axis)
    if not isinstance(sizes, (list, tuple)):
        return g("Split", given, indices_or_sections=whole(sizes), axis=place)
    sizes = [whole(size) for size in sizes]
    if -1 in sizes:
        length = given.lengths[place]
        if length is None:
            raise Untranslatable("split of an axis of unknown length")
        sizes = [length - sum(size for size in sizes if size != -1) if size == -1 else size for size in sizes]
    starts, total = [], 0
    for size in sizes[:-1]:
        total += size
        starts.append(total)
    if not starts:
        return [given]
    return g("Split", given, indices_or_sections=starts, axis=place)


def reverse(g: Graph, tensor: Value, axis: Value) -> Value:
    places = axes(axis)
    for place in places if isinstance(places, list) else [places]:
        tensor = g("Flip", tensor, axis=place)
    return tensor


def pad(g: Graph, tensor: Value, paddings: Value, mode: Value = "CONSTANT", constant_values: Value = 0) -> Value:
    widths = array(paddings).tolist() if not tensors_in(paddings) else None
    kind = str(mode).lower()
    if widths is None or kind not in ("constant", "reflect", "symmetric"):
        raise Untranslatable("padding that is known only when the model runs, or of another mode")
    if any(len(widths_of) != 2 or any(type(width) is not int for width in widths_of) for widths_of in widths):
        raise Untranslatable("padding that is no pairs of whole numbers")
    if kind == "constant" and constant_values not in (0, None):
        return g("Pad", tensor, number(constant_values), pad_width=widths, mode=kind)
    return g("Pad", tensor, pad_width=widths, mode=kind)


def temporal_padding(g: Graph, x: Value, padding: Value = (1, 1)) -> Value:
    return pad(g, x, [[0, 0], list(padding), [0, 0]])


def spatial_padding(g: Graph, x: Value, padding: Value = ((1, 1), (1, 1)), data_format: Value = None) -> Value:
    if data_format == "channels_first":
        return pad(g, x, [[0, 0], [0, 0], *(list(pair) for pair in padding)])
    return pad(g, x, [[0, 0], *(list(pair) for pair in padding), [0, 0]])


def roll(g: Graph, input: Value, shift: Value, axis: Value) -> Value:
    by, places = axes(shift), axes(axis)
    if isinstance(by, list) or isinstance(places, list):
        for each, place in zip(by if isinstance(by, list) else [by], places if isinstance(places, list) else [places], strict=True):
            input = g("Roll", input, shift=each, axis=place)
        return input
    return g("Roll", tensor(input), shift=by, axis=places)


def one_hot(
    g: Graph, indices: Value, depth: Value, on_value: Value = None, off_value: Value = None, axis: Value = None, dtype: Value = None
) -> Value:
    made = "float32" if dtype is None else dtype_name(dtype)
    place = -1 if axis is None else whole(axis)
    if on_value in (None, 1) and off_value in (None, 0):
        return g("OneHot", tensor(indices), num_classes=whole(depth), axis=place, dtype=made)
    on, off = (number(default if value is None else value) for value, default in ((on_value, 1), (off_value, 0)))
    if dtype is None and not (isinstance(on, float) and isinstance(off, float)):
        raise Untranslatable("one_hot with whole numbers of its own and no dtype")
    chosen = g("OneHot", tensor(indices), num_classes=whole(depth), axis=place, dtype="bool")
    return g("Where", chosen, array(on, made), array(off, made))


def block(operation: str) -> Row:
    def row(g: Graph, input: Value, block_size: Value, data_format: Value = "NHWC") -> Value:
        if data_format not in ("NHWC", None):
            raise Untranslatable(f"{operation} with channels first")
        return g(operation, tensor(input), block_size=whole(block_size), data_format="channels_last")

    return row


ROWS: Rows = {
    "tf.reshape": reshape, "K.reshape": reshape, "K.flatten": flatten, "K.batch_flatten": batch_flatten,
    "tf.transpose": transpose, "K.permute_dimensions": transpose, "K.transpose": transpose, "tf.linalg.matrix_transpose": lambda g, a: transpose(
        g, a, [*range(tensor(a).rank - 2), tensor(a).rank - 1, tensor(a).rank - 2]
    ),
    "tf.expand_dims": expand_dims, "K.expand_dims": lambda g, x, axis=-1: expand_dims(g, x, axis),
    "tf.squeeze": squeeze, "K.squeeze": squeeze,
    "tf.concat": v0_concat, "K.concatenate": concatenate, "tf.stack": stack, "K.stack": stack, "tf.pack": stack,
    "tf.unstack": unstack, "tf.split": split, "tf.reverse": reverse, "K.reverse": reverse, "tf.reverse_v2": reverse,
    "tf.pad": pad, "K.temporal_padding": temporal_padding, "K.spatial_2d_padding": spatial_padding, "tf.roll": roll,
    "tf.one_hot": one_hot, "K.one_hot": lambda g, indices, num_classes: one_hot(g, indices, num_classes),
    "tf.space_to_depth": block("SpaceToDepth"), "tf.nn.space_to_depth": block("SpaceToDepth"),
    "tf.depth_to_space": block("DepthToSpace"), "tf.nn.depth_to_space": block("DepthToSpace"),
}  # fmt: skip
