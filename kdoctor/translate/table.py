"""The one table: from a function's full name to the row that says it with Keras's operations."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

from kdoctor.errors import KdoctorError
from kdoctor.translate.graph import Graph
from kdoctor.translate.rows import (
    arrangement,
    backend,
    choosing,
    creation,
    elementwise,
    image,
    indexing,
    keras_ops,
    linear,
    neural,
    reductions,
    stretching,
)
from kdoctor.translate.rows.words import Row
from kdoctor.translate.values import Untranslatable, Value

PARTS = (elementwise, choosing, backend, neural, reductions, arrangement, indexing, creation, linear, image, stretching)
ROWS: Final[Mapping[str, Row]] = MappingProxyType({name: row for part in PARTS for name, row in part.ROWS.items()})
# The same functions under other homes: what stands first is tried as what stands second.
HOMES: Final = (
    ("tf.compat.v1.math.", "tf."), ("tf.compat.v1.", "tf."), ("tf.compat.v2.", "tf."), ("tf.math.", "tf."), ("tf.raw_ops.", "raw."),
    ("tf.__operators__.", "op."), ("tf.dtypes.", "tf."), ("tf.manip.", "tf."), ("tf.keras.backend.", "K."), ("keras.backend.", "K."),
    ("tf.linalg.", "tf."), ("tf.keras.activations.", "activations."), ("keras.activations.", "activations."),
)  # fmt: skip
# Names of arguments that releases exchanged, tried where the row knows the one on the right alone.
OTHER_NAMES: Final = {
    "dim": ("axis",), "dimension": ("axis",), "keep_dims": ("keepdims",), "reduction_indices": ("axis",), "concat_dim": ("axis",),
    "squeeze_dims": ("axis",), "split_dim": ("axis",), "num_split": ("num_or_size_splits",), "axes": ("axis",), "ksize": ("window_shape",),
    "permutation": ("perm",), "pattern": ("perm",), "filter": ("filters",), "value": ("input",), "block_shape": ("block_size",),
    "ref": ("input",), "output_dtype": ("output_type",), "pool_size": ("ksize",), "repeats": ("rep",), "rep": ("repeats",),
    "n": ("multiples",), "num_classes": ("depth",), "transpose_x": ("transpose_a",), "axis": ("dim",), "y": ("a",), "stride": ("strides",), "rate": ("dilations",),
}  # fmt: skip
# What the first argument is called, here or there.
SUBJECTS: Final = frozenset(
    """
    x a input inputs input_ input_tensor tensor tensors value values features logits image images t params reference array xs labels
    indices data arr v
    """.split()  # noqa: SIM905 (a table of names)
)
WITHOUT_MEANING: Final = frozenset({"name", "validate_indices", "validate_shape", "grad_a", "grad_b", "use_cudnn_on_gpu"})


def row_of(name: str) -> Row | None:
    """The row of a function, by its full name: ``tf.math.reduce_mean``, ``K.mean``, ``ops.mean``; None where there is none."""
    if name.startswith("ops."):
        return keras_ops.row_of(name.removeprefix("ops."))
    found = ROWS.get(name)
    for home, other in HOMES:
        if found is None and name.startswith(home):
            return row_of(other + name.removeprefix(home))
    return found


def call(g: Graph, name: str, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Value:
    """What the function returns. Raises `Untranslatable`, naming the function."""
    row = row_of(name)
    if row is None:
        raise Untranslatable(f"{name} has no counterpart among Keras's operations that kdoctor knows")
    try:
        return _bound(row, g, args, kwargs)
    except Untranslatable as error:
        raise error if name in str(error) else type(error)(f"{name}: {error}") if type(error) is Untranslatable else error from None


@cache
def _signature(row: Row) -> inspect.Signature:
    return inspect.signature(row)


def _bound(row: Row, g: Graph, args: tuple[Value, ...], kwargs: Mapping[str, Value]) -> Value:
    signature = _signature(row)
    parameters = list(signature.parameters)[1:]
    named = {}
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values())
    for name, value in kwargs.items():
        if name in WITHOUT_MEANING and name not in parameters:
            continue
        if name not in parameters and not takes_any:
            if not args and name in SUBJECTS and parameters[0] not in kwargs:
                name = parameters[0]
            else:
                name = next((other for other in OTHER_NAMES.get(name, ()) if other in parameters and other not in kwargs), name)
        named[name] = value
    try:
        bound = signature.bind(g, *args, **named)
    except TypeError as error:
        if str(error).startswith("missing a required argument"):
            raise Untranslatable(f"the argument {str(error).rpartition(':')[2].strip()} is not in the file") from None
        raise Untranslatable(f"called with arguments that are not known: {error}") from None
    try:
        return row(*bound.args, **bound.kwargs)
    except KdoctorError:
        raise
    except (TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        raise Untranslatable(f"called with arguments of another kind than it takes ({type(error).__name__})") from None
