"""Functions that take one or several axes away, or go along one: sums, means, positions, running sums."""

from __future__ import annotations

from typing import Final

from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.words import Row, Rows, axes, dtype_name, flag, operand, refuse_narrow, refuse_whole, tensor, whole
from kdoctor.translate.values import Tensor, Untranslatable, Value

REDUCTIONS: Final = {
    "Sum": "tf.reduce_sum K.sum",
    "Mean": "tf.reduce_mean K.mean",
    "Max": "tf.reduce_max K.max",
    "Min": "tf.reduce_min K.min",
    "Prod": "tf.reduce_prod K.prod",
    "Std": "tf.reduce_std K.std",
    "Var": "tf.reduce_variance K.var",
    "All": "tf.reduce_all K.all",
    "Any": "tf.reduce_any K.any",
    "Logsumexp": "tf.reduce_logsumexp K.logsumexp",
}


def _reduction(operation: str, of_backend: bool) -> Row:
    def row(g: Graph, x: Value, axis: Value = None, keepdims: Value = False) -> Value:
        given = _prepared(g, operation, tensor(x), of_backend)
        return g(operation, given, axis=axes(axis), keepdims=flag(keepdims))

    return row


def _prepared(g: Graph, operation: str, x: Tensor, of_backend: bool) -> Tensor:
    """Keras's backend makes floats of truth values first; otherwise TensorFlow keeps the dtype where Keras widens it."""
    if operation in ("Mean", "Std", "Var", "Logsumexp"):
        refuse_whole(x, operation.lower())
        if x.dtype == "bool" and of_backend and operation in ("Mean", "Std", "Var"):
            return _cast(g, x, "float32")
    if operation in ("Sum", "Prod"):
        refuse_narrow(x, "sums")
    if operation in ("All", "Any") and x.dtype != "bool":
        return _cast(g, x, "bool")
    return x


def _cast(g: Graph, x: Tensor, dtype: str) -> Tensor:
    found: Tensor = g("Cast", x, dtype=dtype)
    return found


def position(operation: str, default: int) -> Row:
    def row(g: Graph, input: Value, axis: Value = None, output_type: Value = None) -> Value:
        return g(operation, tensor(input), axis=default if axis is None else whole(axis))

    return row


def cumulative(operation: str) -> Row:
    def row(g: Graph, x: Value, axis: Value = 0, exclusive: Value = False, reverse: Value = False) -> Value:
        given, place = tensor(x), whole(axis)
        turned = g("Flip", given, axis=place) if flag(reverse) else given
        found = g(operation, _put_off(g, turned, place, operation) if flag(exclusive) else turned, axis=place)
        return g("Flip", found, axis=place) if flag(reverse) else found

    return row


def _put_off(g: Graph, x: Tensor, place: int, operation: str) -> Tensor:
    """A sum of nothing first, and without the last number."""
    place %= x.rank
    widths = [[int(axis == place), 0] for axis in range(x.rank)]
    first = 0 if operation == "Cumsum" else 1
    padded = g("Pad", x, first, pad_width=widths, mode="constant") if first else g("Pad", x, pad_width=widths, mode="constant")
    found: Tensor = g("GetItem", padded, (*(slice(None),) * place, slice(None, -1)))
    return found


def norm(g: Graph, tensor: Value, ord: Value = "euclidean", axis: Value = None, keepdims: Value = False) -> Value:
    places = axes(axis)
    if isinstance(places, list) and len(places) > 1 and ord not in ("euclidean", "fro"):
        raise Untranslatable("a norm of matrices")
    settings = {"axis": places, "keepdims": flag(keepdims)}
    if ord in ("euclidean", "fro", 2) and not isinstance(ord, bool):
        return g("Sqrt", g("Sum", g("Square", tensor), **settings))
    if ord == 1:
        return g("Sum", g("Absolute", tensor), **settings)
    if ord == float("inf"):
        return g("Max", g("Absolute", tensor), **settings)
    raise Untranslatable(f"a norm of the order {ord!r:.20}")


def euclidean_norm(g: Graph, input_tensor: Value, axis: Value = None, keepdims: Value = False) -> Value:
    refuse_whole(input_tensor, "a root")
    return norm(g, tensor(input_tensor), "euclidean", axis, keepdims)


def clip_by_norm(g: Graph, t: Value, clip_norm: Value, axis: Value = None) -> Value:
    """``t * clip_norm / max(norm, clip_norm)``, with a root of 1 where the sum is 0, whose slope is not infinite (clip_ops.py of TensorFlow 2.15)."""
    x = tensor(t)
    refuse_whole(x, "a root")
    limit = operand(g, clip_norm, x.dtype)
    total = g("Sum", g("Multiply", x, x), axis=axes(axis), keepdims=True)
    there = g("Greater", total, 0.0)
    length = g("Where", there, g("Sqrt", g("Where", there, total, g("OnesLike", total))), total)
    return g("Divide", g("Multiply", x, limit), g("Maximum", length, limit))


def moments(g: Graph, x: Value, axes: Value, shift: Value = None, keepdims: Value = False) -> Value:
    from kdoctor.translate.rows.words import axes as plain

    settings = {"axis": plain(axes), "keepdims": flag(keepdims)}
    refuse_whole(x, "moments")
    return (g("Mean", tensor(x), **settings), g("Var", x, **settings))


def count_nonzero(g: Graph, input: Value, axis: Value = None, keepdims: Value = None, dtype: Value = "int64") -> Value:
    x, places, made = tensor(input), axes(axis), dtype_name(dtype)
    found = g("CountNonzero", x, axis=places)
    if flag(keepdims):
        given = [*range(x.rank)] if places is None else places if isinstance(places, list) else [places]
        for place in sorted(each % x.rank for each in given):
            found = g("ExpandDims", found, axis=place)
    return found if made in ("int32", "int64") else g("Cast", found, dtype=made)


def zero_fraction(g: Graph, value: Value) -> Value:
    return g("Mean", g("Cast", g("Equal", tensor(value), 0), dtype="float32"), axis=None, keepdims=False)


class TopK(list[Tensor]):
    """What ``tf.nn.top_k`` returns: ``values`` and ``indices``."""


def top_k(g: Graph, input: Value, k: Value = 1, sorted: Value = True) -> Value:
    return TopK(g("TopK", tensor(input), k=whole(k), sorted=flag(sorted)))


def sort(g: Graph, values: Value, axis: Value = -1, direction: Value = "ASCENDING") -> Value:
    found = g("Sort", tensor(values), axis=whole(axis))
    return found if direction == "ASCENDING" else g("Flip", found, axis=whole(axis))


def argsort(g: Graph, values: Value, axis: Value = -1, direction: Value = "ASCENDING", stable: Value = False) -> Value:
    if direction != "ASCENDING":
        if str(tensor(values).dtype).startswith("u"):
            raise Untranslatable("a descending order of numbers without a sign")
        values = g("Negative", tensor(values))
    return g("Argsort", tensor(values), axis=whole(axis))


ROWS: Rows = {
    **{
        name: _reduction(operation, name.startswith("K."))
        for operation, names in REDUCTIONS.items()
        for name in names.split()
    },
    "tf.argmax": position("Argmax", 0), "tf.argmin": position("Argmin", 0),
    "tf.arg_max": position("Argmax", 0), "tf.arg_min": position("Argmin", 0),
    "K.argmax": position("Argmax", -1), "K.argmin": position("Argmin", -1),
    "tf.cumsum": cumulative("Cumsum"), "K.cumsum": cumulative("Cumsum"),
    "tf.cumprod": cumulative("Cumprod"), "K.cumprod": cumulative("Cumprod"),
    "tf.norm": norm, "tf.linalg.norm": norm, "tf.reduce_euclidean_norm": euclidean_norm, "tf.nn.moments": moments, "tf.count_nonzero": count_nonzero,
    "tf.clip_by_norm": clip_by_norm,
    "tf.nn.zero_fraction": zero_fraction, "tf.zero_fraction": zero_fraction,
    "tf.nn.top_k": top_k, "tf.top_k": top_k, "tf.sort": sort, "tf.argsort": argsort,
}  # fmt: skip
