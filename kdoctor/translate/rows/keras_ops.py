"""Functions of ``keras.ops``, which say themselves which operation they make: generated, see keras_ops.json."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.creation import arange
from kdoctor.translate.rows.elementwise import cast
from kdoctor.translate.rows.indexing import ndim
from kdoctor.translate.rows.words import Row, Rows, array, dtype_name, number
from kdoctor.translate.values import ShapeOf, Untranslatable, Value, shape_of, tensors_in

# These take functions, or draw numbers by chance, or return several tensors, complex numbers, or what is no tensor.
REFUSED = frozenset(
    """
    map scan associative_scan while_loop fori_loop cond switch vectorized_map jvp slice_update elastic_transform array_split dsplit hsplit
    vsplit nonzero qr svd eig eigh lu_factor polar size modf frexp divmod meshgrid histogram slogdet
    rfft unravel_index conv_transpose extract_patches
    """.split()  # noqa: SIM905 (a table of names)
)


@functools.cache
def functions() -> dict[str, Any]:
    document = json.loads(Path(__file__).parent.with_name("keras_ops.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = document["functions"]
    return found


def row_of(name: str) -> Row | None:
    """The row of ``keras.ops.<name>``; None where there is no such function."""
    if name in WRITTEN:
        return WRITTEN[name]
    entry = functions().get(name)
    if entry is None or name.rpartition(".")[2] in REFUSED:
        return None
    return functools.partial(_called, entry=entry)


def _called(g: Graph, *args: Value, entry: dict[str, Any], **kwargs: Value) -> Value:
    names = [parameter[0] for parameter in entry["parameters"]]
    if len(args) > len(names) or set(kwargs) - set(names) or set(kwargs) & set(names[: len(args)]):
        raise Untranslatable("a call with other arguments than the function takes")
    given = {parameter[0]: parameter[1] for parameter in entry["parameters"] if len(parameter) > 1}
    given |= dict(zip(names, args, strict=False)) | kwargs
    missing = [name for name in names if name not in given]
    if missing:
        raise Untranslatable(f"a call without {missing[0]}")
    operands = [given[name] if name == "key" else _operand(given[name]) for name in entry["operands"]]
    while operands and operands[-1] is None and len(operands) > 1:
        operands.pop()
    config = {key: _setting(given[name]) for key, name in entry["config"].items()}
    if "data_format" in config and config["data_format"] is None:
        config["data_format"] = "channels_last"  # which the function fills in, and its operation does not
    if tensors_in(list(config.values())):
        raise Untranslatable("a tensor as a setting")
    return g(entry["class"], *operands, **config)


def _operand(value: Value) -> Value:
    if isinstance(value, ShapeOf):
        raise Untranslatable("it computes with a shape")
    if isinstance(value, (list, tuple)) and not tensors_in(value):
        return array(value)  # an operation takes a bare list for something else
    return value


def _setting(value: Value) -> Value:
    if isinstance(value, ShapeOf):
        return list(value.lengths)
    if hasattr(value, "tolist"):
        return value.tolist()
    return list(value) if isinstance(value, tuple) else value


def _pad(g: Graph, x: Value, pad_width: Value, mode: Value = "constant", constant_values: Value = None) -> Value:
    widths = (
        [list(pair) if isinstance(pair, (list, tuple)) else pair for pair in pad_width]
        if isinstance(pad_width, (list, tuple))
        else pad_width
    )
    if isinstance(widths, int):
        widths = [[widths, widths]] * x.rank
    return g("Pad", x, *(() if constant_values is None else (number(constant_values),)), pad_width=widths, mode=mode)


def _reshape(g: Graph, x: Value, newshape: Value) -> Value:
    from kdoctor.translate.rows.arrangement import reshape

    return reshape(g, x, [-1 if length is None else length for length in _setting(newshape)])


def _squeeze(g: Graph, x: Value, axis: Value = None) -> Value:
    from kdoctor.translate.rows.arrangement import squeeze

    return squeeze(g, x, axis)


def _einsum(g: Graph, subscripts: Value, *operands: Value) -> Value:
    return g("Einsum", *operands, subscripts=subscripts)


def _where(g: Graph, condition: Value, x1: Value = None, x2: Value = None) -> Value:
    if x1 is None or x2 is None:
        raise Untranslatable("where with a condition alone")
    return g("Where", condition, _operand(x1), _operand(x2))


def _arange(g: Graph, start: Value, stop: Value = None, step: Value = 1, dtype: Value = None) -> Value:
    return arange(g, start, stop, step, dtype)


WRITTEN: Rows = {
    "arange": _arange, "numpy.arange": _arange,
    "where": _where, "numpy.where": _where,
    "cast": lambda g, x, dtype: cast(g, x, dtype_name(dtype)), "shape": lambda g, x: shape_of(x), "ndim": ndim, "numpy.ndim": ndim,
    "convert_to_tensor": lambda g, x, dtype=None, sparse=None, ragged=None: x if dtype is None else cast(g, x, dtype_name(dtype)),
    "abs": lambda g, x: g("Abs", x), "pad": _pad, "reshape": _reshape, "squeeze": _squeeze, "einsum": _einsum,
}  # fmt: skip
