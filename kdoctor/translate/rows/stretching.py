"""Functions that repeat numbers: tile, repeat, broadcast."""

from __future__ import annotations

import math

from kdoctor.translate.dtype_names import is_float
from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.arrangement import lengths_of
from kdoctor.translate.rows.creation import like_axes
from kdoctor.translate.rows.words import Rows, array, axes, tensor, whole
from kdoctor.translate.values import Dim, Tensor, Untranslatable, Value

MOST_NUMBERS = 100_000


def tile(g: Graph, input: Value, multiples: Value) -> Value:
    counts = lengths_of(multiples)
    if not isinstance(input, Tensor):
        return _constant_tiled(g, input, counts)
    if any(isinstance(count, Dim) for count in counts):
        return _as_long_as(g, input, counts)
    return g("Tile", input, repeats=[whole(count) for count in counts] if len(counts) > 1 else [1] * (input.rank - 1) + [whole(counts[0])])


def _as_long_as(g: Graph, x: Tensor, counts: list[Value]) -> Value:
    """``tf.tile(x[:, None], [1, tf.shape(y)[1], 1])``: an axis of length 1 stretched along zeros that are as long as that of y."""
    place = next(place for place, count in enumerate(counts) if isinstance(count, Dim))
    model = counts[place].tensor
    if model is None or not model.batched or len(counts) != x.rank:
        raise Untranslatable("repeated as often as is known only when the model runs")
    if place == counts[place].axis == 0 and not x.batched and x.lengths[0] == 1 and is_float(x.dtype):
        return _for_each(g, x, model, [whole(count) for count in counts[1:]])
    if not x.batched or 0 in (place, counts[place].axis):
        raise Untranslatable("repeated as often as is known only when the model runs")
    if (
        [count for other, count in enumerate(counts) if other != place] != [1] * (x.rank - 1)
        or x.lengths[place] != 1
        or not is_float(x.dtype)
    ):
        raise Untranslatable("repeated as often as is known only when the model runs, otherwise than along one axis of length 1")
    lengths = [Dim(model, 0), *(counts[place] if axis == place else 1 for axis in range(1, x.rank))]
    return g("Add", x, like_axes(g, model, lengths, 0, str(x.dtype)))


def _for_each(g: Graph, x: Tensor, model: Tensor, counts: list[int]) -> Value:
    """What was reckoned of the whole batch, for each of it: ``tf.tile(mean, [tf.shape(x)[0], 4, 4, 1])``."""
    zeros = like_axes(g, model, [Dim(model, 0), *[1] * len(counts)], 0, str(x.dtype))
    return g("Add", x if set(counts) <= {1} else g("Tile", x, repeats=[1, *counts]), zeros)


def _constant_tiled(g: Graph, value: Value, counts: list[Value]) -> Value:
    """A constant for each of the batch, as often as a tensor is long: ``tf.tile(token, [tf.shape(x)[0], 1, 1])``."""
    import numpy

    found = array(value)
    if Dim not in map(type, counts) and found.ndim == len(counts) and found.size * math.prod(counts) <= MOST_NUMBERS:
        return numpy.tile(found, counts)
    if (
        found.ndim != len(counts)
        or not isinstance(counts[0], Dim)
        or found.shape[0] != 1
        or any(isinstance(each, Dim) for each in counts[1:])
    ):
        raise Untranslatable("a constant that is repeated otherwise than for each of the batch")
    model, size = counts[0].tensor, found.size
    for count in counts[1:]:
        size *= whole(count)
    if model is None or not 0 < size <= MOST_NUMBERS or found.dtype == bool:
        raise Untranslatable("a constant that is repeated as often as nobody knows, or becomes large")
    zeros = like_axes(g, model, [counts[0], *[1] * (found.ndim - 1)], 0, str(found.dtype))
    return g("Add", zeros, numpy.tile(found, (1, *(whole(count) for count in counts[1:]))))


def backend_tile(g: Graph, x: Value, n: Value) -> Value:
    return tile(g, x, [n] if isinstance(n, int) else n)


def repeat_rows(g: Graph, x: Value, n: Value) -> Value:
    """Keras's repeat: of (batch, features) makes (batch, n, features)."""
    return g("Tile", g("ExpandDims", tensor(x), axis=1), repeats=[1, whole(n), 1])


def repeat_elements(g: Graph, x: Value, rep: Value, axis: Value) -> Value:
    return g("Repeat", tensor(x), repeats=whole(rep), axis=whole(axis))


def repeat(g: Graph, input: Value, repeats: Value, axis: Value = None) -> Value:
    times = axes(repeats)
    times = times[0] if isinstance(times, list) and len(times) == 1 else times
    if isinstance(times, list):
        return _each_repeated(g, tensor(input), times, axis)
    return g("Repeat", tensor(input), repeats=whole(times), axis=None if axis is None else whole(axis))


def _each_repeated(g: Graph, x: Tensor, times: list[int], axis: Value) -> Value:
    """Each entry of an axis as often as a list says: those entries, taken."""
    if axis is None or x.lengths[whole(axis)] != len(times) or min(times) < 0 or sum(times) > MOST_NUMBERS:
        raise Untranslatable("repeat by a list that is not one number for each entry of the axis")
    import numpy

    return g("Take", x, numpy.repeat(numpy.arange(len(times), dtype="int32"), times), axis=whole(axis))


def broadcast_to(g: Graph, input: Value, shape: Value) -> Value:
    """The batch stays what it is."""
    wanted = lengths_of(shape)
    if not any(isinstance(length, Dim) for length in wanted):
        return g("BroadcastTo", tensor(input), shape=[whole(length) for length in wanted])
    x = tensor(input)
    if len(wanted) != x.rank:
        raise Untranslatable("a length that is known only when the model runs, along an axis that is not there")
    counts = [_stretched(x, place, length) for place, length in enumerate(wanted)]
    return x if set(counts) == {1} else g("Tile", x, repeats=counts)


def _stretched(x: Tensor, place: int, wanted: Value) -> int:
    """How often an axis has to be repeated to become so long."""
    own = x.lengths[place]
    if isinstance(wanted, Dim):
        same = wanted.tensor is not None and (wanted.tensor == x and wanted.axis == place)
        if not same and not (place == 0 and x.batched and wanted.is_batch):
            raise Untranslatable("an axis stretched to a length that is known only when the model runs")
        return 1
    if own == wanted or wanted == -1:
        return 1
    if own != 1:
        raise Untranslatable("an axis stretched that is not known to be of length 1")
    return int(wanted)


ROWS: Rows = {
    "tf.tile": tile, "K.tile": backend_tile, "K.repeat": repeat_rows, "K.repeat_elements": repeat_elements, "tf.repeat": repeat,
    "tf.broadcast_to": broadcast_to,
}  # fmt: skip
