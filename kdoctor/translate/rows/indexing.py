"""Functions that pick parts out of a tensor, and those that tell its shape."""

from __future__ import annotations

from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.words import Rows, array, axes, operand, tensor, whole
from kdoctor.translate.values import Dim, ShapeOf, Tensor, Untranslatable, Value, shape_of, tensors_in


def item(g: Graph, x: Value, key: Value) -> Value:
    """``x[key]`` of a tensor, a shape, an array or a list."""
    if isinstance(x, ShapeOf):
        return _of_shape(x, key)
    if isinstance(x, Tensor):
        return _of_tensor(g, x, key)
    if isinstance(x, (list, tuple)) and isinstance(key, tuple) and len(key) == 1:
        key = key[0]
    if tensors_in(key) or isinstance(key, Dim):
        raise Untranslatable("an index that is known only when the model runs")
    if not isinstance(x, (list, tuple, dict, str)) and not hasattr(x, "dtype"):
        raise Untranslatable(f"a part of a {type(x).__name__}")
    try:
        return x[key]
    except (TypeError, LookupError, ValueError) as error:
        raise Untranslatable(f"an index that is not there: {error}") from None


def _of_shape(shape: ShapeOf, key: Value) -> Value:
    key = key[0] if isinstance(key, (list, tuple)) and len(key) == 1 else key
    if isinstance(key, slice):
        return ShapeOf(shape.lengths[key], shape.computed)
    place = whole(key)
    if not -len(shape.lengths) <= place < len(shape.lengths):
        raise Untranslatable("an axis that the tensor does not have")
    return shape.lengths[place]


def _of_tensor(g: Graph, x: Tensor, key: Value) -> Value:
    keys = tuple(key) if isinstance(key, (list, tuple)) else (key,)
    if tensors_in(list(keys)) or any(hasattr(entry, "dtype") for entry in keys):
        raise Untranslatable("an index that is a tensor or an array")
    plain = tuple(_entry(entry, x, place) for place, entry in enumerate(keys))
    flipped = _backwards(x, plain)
    if flipped:
        place, rest = flipped
        x = g("Flip", x, axis=place)
        if all(entry == slice(None) or entry is Ellipsis for entry in rest):
            return x
        plain = rest
    return g("GetItem", x, plain)


def _backwards(x: Tensor, keys: tuple[Value, ...]) -> tuple[int, tuple[Value, ...]] | None:
    """An axis taken backwards, ``x[..., ::-1]``, which not every backend of Keras can slice: the axis, and the other keys."""
    places = [index for index, entry in enumerate(keys) if isinstance(entry, slice) and isinstance(entry.step, int) and entry.step < 0]
    if not places:
        return None
    index = places[0]
    if len(places) > 1 or keys[index] != slice(None, None, -1) or None in keys:
        return None
    after = sum(1 for entry in keys[index + 1 :])
    place = index if Ellipsis not in keys[:index] else x.rank - 1 - after
    return place, (*keys[:index], slice(None), *keys[index + 1 :])


def _entry(entry: Value, x: Tensor, place: int) -> Value:
    if isinstance(entry, slice):
        start, stop, step = (_bound(bound, x, place) for bound in (entry.start, entry.stop, entry.step))
        return slice(start, stop, step)
    if entry is None or entry is Ellipsis:
        return entry
    return whole(entry)


def _bound(value: Value, x: Tensor, place: int) -> int | None:
    """The length of the very axis as an end is no end."""
    if isinstance(value, Dim) and value.tensor is not None and value.axis == place and value.tensor.layer == x.layer:
        return None
    return None if value is None else whole(value)


def shape(g: Graph, input: Value, out_type: Value = None) -> Value:
    return shape_of(input, computed=True) if isinstance(input, Tensor) else ShapeOf(tuple(array(input).shape), computed=True)


def int_shape(g: Graph, x: Value) -> Value:
    """A tuple, with None for what is not known."""
    return tuple(tensor(x).lengths)


def ndim(g: Graph, x: Value) -> Value:
    return tensor(x).rank


def size(g: Graph, input: Value, out_type: Value = None) -> Value:
    total = 1
    for length in tensor(input).lengths:
        if length is None:
            return Dim()
        total *= length
    return total


def gather(g: Graph, params: Value, indices: Value, validate_indices: Value = None, axis: Value = None, batch_dims: Value = 0) -> Value:
    chosen = indices if isinstance(indices, Tensor) else operand(g, indices, None)
    if whole(batch_dims) != 0:
        return _gather_in_batches(g, tensor(params), tensor(indices), 0 if axis is None else whole(axis), whole(batch_dims))
    if not isinstance(params, Tensor) and not isinstance(indices, Tensor):
        raise Untranslatable("gather of constants")
    source = params if isinstance(params, Tensor) else array(params)
    if isinstance(chosen, (int, float)):
        chosen = whole(chosen)
    return g("Take", source, chosen, axis=0 if axis is None else whole(axis))


def _gather_in_batches(g: Graph, x: Tensor, indices: Tensor, axis: int, batch_dims: int) -> Value:
    """``batch_dims=1, axis=1`` of indices (batch, n) and rows of vectors."""
    if batch_dims != 1 or axis not in (0, 1) or indices.rank != 2 or x.rank not in (2, 3):
        raise Untranslatable("gather with these batch_dims")
    if x.rank == 2:
        return g("TakeAlongAxis", x, indices, axis=1)
    return g("TakeAlongAxis", x, g("ExpandDims", indices, axis=-1), axis=1)


def gather_nd(g: Graph, params: Value, indices: Value, batch_dims: Value = 0) -> Value:
    """``batch_dims=1`` with one index for each: (batch, 1) picks one step of every sample, (batch, n, 1) n of them."""
    x, chosen = tensor(params), tensor(indices)
    if whole(batch_dims) != 1 or chosen.lengths[-1] != 1 or chosen.rank not in (2, 3):
        raise Untranslatable("gather_nd other than one index for each of the batch")
    if chosen.rank == 3:
        return _gather_in_batches(g, x, g("Squeeze", chosen, axis=-1), 1, 1)
    return g("Squeeze", _gather_in_batches(g, x, chosen, 1, 1), axis=1)


def embedding_lookup(g: Graph, params: Value, ids: Value, partition_strategy: Value = "mod", max_norm: Value = None) -> Value:
    if max_norm is not None or (isinstance(params, (list, tuple)) and tensors_in(list(params))):
        raise Untranslatable("a lookup in several tables, or with a limit to the norm")
    return gather(g, params, ids)


def backend_gather(g: Graph, reference: Value, indices: Value) -> Value:
    return gather(g, reference, indices)


def slice_(g: Graph, input_: Value, begin: Value, size: Value) -> Value:
    """``size`` numbers from ``begin`` on, along each axis; -1 is all that is left."""
    x = tensor(input_)
    starts = _whole_or_dims(begin)
    sizes = _whole_or_dims(size)
    keys = []
    for place, (start, count) in enumerate(zip(starts, sizes, strict=True)):
        if isinstance(count, Dim) and count.tensor is not None and count.axis == place and start == 0 and count.tensor.layer == x.layer:
            count = -1
        first, length = whole(start), whole(count)
        keys.append(slice(first or None, None if length == -1 else first + length))
    return g("GetItem", x, tuple(keys))


def _whole_or_dims(value: Value) -> list[Value]:
    if isinstance(value, ShapeOf):
        return list(value.lengths)
    if isinstance(value, (list, tuple)):
        return list(value)
    found = axes(value)
    return found if isinstance(found, list) else [found]


def strided_slice(
    g: Graph,
    input_: Value,
    begin: Value,
    end: Value,
    strides: Value = None,
    begin_mask: Value = 0,
    end_mask: Value = 0,
    ellipsis_mask: Value = 0,
    new_axis_mask: Value = 0,
    shrink_axis_mask: Value = 0,
    var: Value = None,
) -> Value:
    """The masks are bits, one for each entry: without a start, without an end, ``...``, a new axis, one item."""
    starts, stops = _whole_or_dims(begin), _whole_or_dims(end)
    steps = [1] * len(starts) if strides is None else _whole_or_dims(strides)
    keys: list[Value] = []
    for place, (start, stop, step) in enumerate(zip(starts, stops, steps, strict=True)):
        bit = 1 << place
        if whole(ellipsis_mask) & bit:
            keys.append(Ellipsis)
        elif whole(new_axis_mask) & bit:
            keys.append(None)
        elif whole(shrink_axis_mask) & bit:
            keys.append(start)
        else:
            first = None if whole(begin_mask) & bit else start
            last = None if whole(end_mask) & bit else stop
            keys.append(slice(first, last, None if step == 1 else step))
    return item(g, input_, tuple(keys))


def static_value(g: Graph, tensor: Value) -> Value:
    raise Untranslatable("a value that is taken out of a tensor")


def band_part(g: Graph, input: Value, num_lower: Value, num_upper: Value) -> Value:
    below, above = whole(num_lower), whole(num_upper)
    found = input if isinstance(input, Tensor) else array(input)
    if above >= 0:
        found = g("Tril", found, k=above)
    return g("Triu", found, k=-below) if below >= 0 else found


ROWS: Rows = {
    "op.getitem": item, "tf.__operators__.getitem": item,
    "tf.shape": shape, "K.shape": shape, "tf.rank": ndim, "K.ndim": ndim, "K.int_shape": int_shape, "tf.size": size,
    "tf.shape_n": lambda g, input, out_type=None: [shape(g, each) for each in input],
    "tf.gather": gather, "tf.gather_nd": gather_nd, "tf.nn.embedding_lookup": embedding_lookup, "K.gather": backend_gather, "tf.slice": slice_, "tf.strided_slice": strided_slice,
    "K.slice": lambda g, x, start, size: slice_(g, x, start, size),
    "tf.linalg.band_part": band_part, "tf.matrix_band_part": band_part,
    "K.get_value": static_value, "K.eval": static_value,
}  # fmt: skip
