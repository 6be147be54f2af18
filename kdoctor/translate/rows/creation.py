"""Constants and tensors made from nothing but a shape."""

from __future__ import annotations

from kdoctor.translate.graph import Graph
from kdoctor.translate.names import Module, dtype_text
from kdoctor.translate.rows.arrangement import lengths_of
from kdoctor.translate.rows.words import Rows, array, dtype_name, number, tensor, whole
from kdoctor.translate.values import Dim, ShapeOf, Tensor, Untranslatable, Value, tensors_in

MOST_NUMBERS = 100_000


def constant(g: Graph, value: Value, dtype: Value = None, shape: Value = None) -> Value:
    if tensors_in(value):
        raise Untranslatable("a constant of tensors")
    found = array(value, None if dtype is None else dtype_name(dtype))
    if shape is None:
        return found
    lengths = _static(shape)
    return full(found, lengths) if found.size == 1 else found.reshape(lengths)


def backend_constant(g: Graph, value: Value, dtype: Value = None, shape: Value = None) -> Value:
    return constant(g, value, "float32" if dtype is None else dtype, shape)


def full(value: Value, lengths: list[int]) -> Value:
    import numpy

    total = 1
    for length in lengths:
        total *= max(length, 0)
    if total > MOST_NUMBERS:
        raise Untranslatable("a constant array that is large")
    return numpy.broadcast_to(array(value), lengths).copy()


def _static(shape: Value) -> list[int]:
    return [whole(length) for length in lengths_of(shape)]


def _filled(g: Graph, shape: Value, value: float, dtype: Value) -> Value:
    """An array of one number; where a length is that of a tensor's axis, made from that tensor."""
    made = "float32" if dtype is None else dtype_name(dtype)
    lengths = lengths_of(shape)
    models = {length.tensor for length in lengths if isinstance(length, Dim)}
    if not models:
        return full(array(value, made), lengths)
    model = next(iter(models))
    if len(models) != 1 or model is None:
        raise Untranslatable("a tensor of a shape that is known only when the model runs")
    return like_axes(g, model, lengths, value, made)


def like_axes(g: Graph, model: Tensor, lengths: list[Value], value: float, dtype: str) -> Value:
    """Keep the axes that are asked for, take one number of every other, and stretch that to the lengths that are known."""
    asked = [length.axis for length in lengths if isinstance(length, Dim)]
    if asked != sorted(set(asked)):
        raise Untranslatable("a tensor whose axes are those of another one in another order")
    column = g("GetItem", model, tuple(slice(None) if axis in asked else 0 for axis in range(model.rank)))
    made = g("Cast", column, dtype=dtype)
    made = g("Add", g("ZerosLike", made), value) if value else g("ZerosLike", made)
    for place, length in enumerate(lengths):
        if not isinstance(length, Dim):
            made = g("ExpandDims", made, axis=place)
    repeats = [1 if isinstance(length, Dim) else length for length in lengths]
    return made if set(repeats) == {1} else g("Tile", made, repeats=repeats)


def zeros(g: Graph, shape: Value, dtype: Value = None) -> Value:
    return _filled(g, shape, 0, dtype)


def ones(g: Graph, shape: Value, dtype: Value = None) -> Value:
    return _filled(g, shape, 1, dtype)


def fill(g: Graph, dims: Value, value: Value) -> Value:
    given = number(value)
    return _filled(g, dims, given, "float32" if isinstance(given, float) else "int32")


def zeros_like(g: Graph, input: Value, dtype: Value = None, optimize: Value = True) -> Value:
    found = g("ZerosLike", tensor(input))
    return found if dtype is None else g("Cast", found, dtype=dtype_name(dtype))


def ones_like(g: Graph, input: Value, dtype: Value = None, optimize: Value = True) -> Value:
    found = g("OnesLike", tensor(input))
    return found if dtype is None else g("Cast", found, dtype=dtype_name(dtype))


def eye(g: Graph, num_rows: Value, num_columns: Value = None, batch_shape: Value = None, dtype: Value = "float32") -> Value:
    import numpy

    rows, columns = whole(num_rows), whole(num_rows if num_columns is None else num_columns)
    if batch_shape is not None or rows * columns > MOST_NUMBERS:
        raise Untranslatable("an identity matrix that is large, or one for each of a batch")
    return numpy.eye(rows, columns, dtype=dtype_name(dtype))


def arange(g: Graph, start: Value, limit: Value = None, delta: Value = 1, dtype: Value = None) -> Value:
    import numpy

    first, last = (0, start) if limit is None else (start, limit)
    first, last, step = number(first), number(last), number(delta)
    if step == 0 or abs(last - first) / abs(step) > MOST_NUMBERS:
        raise Untranslatable("a range that is long")
    made = "float32" if any(isinstance(each, float) for each in (first, last, step)) else "int32"
    return numpy.arange(first, last, step).astype(made if dtype is None else dtype_name(dtype))


def backend_arange(g: Graph, start: Value, stop: Value = None, step: Value = 1, dtype: Value = "int32") -> Value:
    return arange(g, start, stop, step, dtype)


def linspace(g: Graph, start: Value, stop: Value, num: Value) -> Value:
    import numpy

    if whole(num) > MOST_NUMBERS:
        raise Untranslatable("many numbers")
    return numpy.linspace(number(start), number(stop), whole(num)).astype("float32")


def np_array(g: Graph, object: Value, dtype: Value = None) -> Value:
    """numpy's arrays are as wide as Python's numbers."""
    import numpy

    if (
        tensors_in(object)
        or isinstance(object, Dim)
        or (isinstance(object, ShapeOf) and (object.computed or Dim in map(type, object.lengths)))
    ):
        raise Untranslatable("a numpy array of tensors")
    found = array(object if hasattr(object, "dtype") else numpy.asarray(_lengths(object)))
    return found if dtype is None else found.astype(_np_dtype(dtype))


def _lengths(value: Value) -> Value:
    """A shape without lengths that are known only when the model runs is plain numbers."""
    return list(value.lengths) if isinstance(value, ShapeOf) else value


def _np_dtype(dtype: Value) -> str:
    """Python's own ``float`` and ``int`` are as wide in numpy as they are in Python."""
    wide = {"float": "float64", "int": "int64"}.get((dtype_text(dtype) if isinstance(dtype, Module) else dtype) or "")
    return wide or dtype_name(dtype)


def np_arange(g: Graph, start: Value, stop: Value = None, step: Value = 1, dtype: Value = None) -> Value:
    whole_numbers = all(isinstance(value, int) or value is None for value in (start, stop, step))
    return arange(g, start, stop, step, ("int64" if whole_numbers else "float64") if dtype is None else _np_dtype(dtype))


def np_eye(g: Graph, N: Value, M: Value = None, k: Value = 0, dtype: Value = "float64") -> Value:
    if whole(k) != 0:
        raise Untranslatable("an identity matrix whose ones are moved")
    return eye(g, N, M, None, dtype)


def sequence_mask(g: Graph, lengths: Value, maxlen: Value = None, dtype: Value = "bool") -> Value:
    """Whether a place is before the end of its sequence."""
    import numpy

    given = tensor(lengths)
    if maxlen is None or whole(maxlen) > MOST_NUMBERS or given.dtype not in ("int32", "int64"):
        raise Untranslatable("a mask as long as its longest sequence, which is known only when the model runs")
    found = g("Less", numpy.arange(whole(maxlen)).astype(given.dtype), g("ExpandDims", given, axis=-1))
    made = dtype_name(dtype)
    return found if made == "bool" else g("Cast", found, dtype=made)


ROWS: Rows = {
    "tf.constant": constant, "K.constant": backend_constant, "K.variable": backend_constant, "tf.zeros": zeros, "tf.ones": ones,
    "tf.fill": fill, "tf.zeros_like": zeros_like, "tf.ones_like": ones_like, "tf.eye": eye, "tf.range": arange, "tf.linspace": linspace,
    "tf.lin_space": linspace,
    "K.zeros": lambda g, shape, dtype=None: zeros(g, shape, dtype), "K.ones": lambda g, shape, dtype=None: ones(g, shape, dtype),
    "K.zeros_like": zeros_like, "K.ones_like": ones_like, "K.arange": backend_arange, "K.eye": lambda g, size, dtype="float32": eye(
        g, size, None, None, dtype
    ),
    "np.array": np_array, "np.asarray": np_array, "np.float32": lambda g, x: np_array(g, x, "float32"),
    "np.zeros": lambda g, shape, dtype="float64": full(array(0, _np_dtype(dtype)), _static(shape)),
    "np.ones": lambda g, shape, dtype="float64": full(array(1, _np_dtype(dtype)), _static(shape)),
    "np.arange": np_arange,
    "np.eye": np_eye, "tf.sequence_mask": sequence_mask,
    "np.float64": lambda g, x: np_array(g, x, "float64"), "np.int32": lambda g, x: np_array(g, x, "int32"),
}  # fmt: skip
