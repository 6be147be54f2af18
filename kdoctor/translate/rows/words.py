"""Words that rows are written in: constants beside tensors, axes, plain numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from kdoctor.translate.dtype_names import NAMES, is_whole
from kdoctor.translate.graph import Graph
from kdoctor.translate.names import Module, dtype_text
from kdoctor.translate.values import Dim, ShapeOf, Tensor, Untranslatable, Value, tensors_in

TENSORFLOW_2 = (2, 4)  # the first Keras that never ran on TensorFlow 1
Row: TypeAlias = Callable[..., Value]
Rows: TypeAlias = Mapping[str, Row]


def array(value: Value, dtype: str | None = None) -> Value:
    """A constant as an array. Raises `Untranslatable` for what is none."""
    import numpy

    try:
        found = numpy.asarray(value)
    except (TypeError, ValueError):
        raise Untranslatable("a constant that is no array of numbers") from None
    if found.dtype == object or found.size > 100_000:
        raise Untranslatable("a constant that is no array of numbers, or a large one")
    if dtype is not None:
        return found.astype(dtype)
    if hasattr(value, "dtype"):
        return found
    return found.astype({"f": "float32", "i": "int32"}.get(found.dtype.kind, found.dtype))


def operand(g: Graph, value: Value, beside: str | None) -> Value:
    """A value beside a tensor of a dtype: TensorFlow makes constants of that dtype, and stacks lists of tensors."""
    if isinstance(value, ShapeOf) and Dim not in map(type, value.lengths):
        value = list(value.lengths)
    if isinstance(value, (Dim, ShapeOf)):
        raise Untranslatable("it computes with a length that is known only when the model runs")
    if isinstance(value, (list, tuple)) and tensors_in(value):
        return stacked(g, value)
    if isinstance(value, (list, tuple)) or (hasattr(value, "dtype") and not isinstance(value, Tensor)):
        found = array(value, beside if beside in NAMES else None)
        return found if found.shape else found.item()
    if isinstance(value, bool) and beside is not None and beside != "bool":
        return (beside.startswith("float") and float(value)) or int(value)
    if isinstance(value, (Tensor, int, float, complex)):
        return value
    raise Untranslatable(f"a {type(value).__name__} where a number or a tensor is expected")


def stacked(g: Graph, values: Value) -> Tensor:
    """A list of tensors and numbers as one tensor."""
    tensors = tensors_in(values)
    inner = [
        stacked(g, item) if isinstance(item, (list, tuple)) and tensors_in(item) else operand(g, item, tensors[0].dtype) for item in values
    ]
    shape = next(tensor.lengths for tensor in inner if isinstance(tensor, Tensor))
    if any(not isinstance(item, Tensor) and shape for item in inner):
        raise Untranslatable("a list of tensors of unequal shapes")
    found: Tensor = g("Stack", inner, axis=0)
    return found


def beside(*values: Value) -> str | None:
    """The dtype of the first tensor among values."""
    tensors = tensors_in(list(values))
    return tensors[0].dtype if tensors else None


def pair(g: Graph, x: Value, y: Value) -> tuple[Value, Value]:
    """Both operands of a binary operation as Keras takes them."""
    dtype = beside(x, y)
    return operand(g, x, dtype), operand(g, y, dtype)


def tensor(value: Value) -> Tensor:
    if not isinstance(value, Tensor):
        raise Untranslatable("a constant where a tensor is expected")
    return value


def axes(value: Value) -> Value:
    """An axis, or several, as a config holds them. Raises `Untranslatable` when it is computed while the model runs."""
    if isinstance(value, ShapeOf):
        raise Untranslatable("axes that are known only when the model runs")
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [whole(item) for item in value]
    return None if value is None else whole(value)


def whole(value: Value) -> int:
    if hasattr(value, "item") and not isinstance(value, Tensor):
        value = value.item()
    if type(value) is not int:
        what = "a length that is known only when the model runs" if isinstance(value, (Dim, Tensor)) else f"{value!r:.40}"
        raise Untranslatable(f"{what} where a whole number is needed")
    return value


def number(value: Value) -> float | int:
    if hasattr(value, "item") and not isinstance(value, Tensor):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Untranslatable(f"{type(value).__name__} where a number is needed")
    return value


def flag(value: Value) -> bool:
    if not isinstance(value, bool) and value not in (0, 1, None):
        raise Untranslatable("a flag that is neither true nor false")
    return bool(value)


def dtype_name(value: Value) -> str:
    """``float32`` of a dtype in any of its forms: a text, ``np.float32``, Python's own ``float``."""
    text = dtype_text(value) if isinstance(value, Module) else value if isinstance(value, str) else None
    text = {"float": "float32", "int": "int32", "double": "float64", "half": "float16", "bool_": "bool"}.get(text or "", text)
    if text not in NAMES or text == "string":
        raise Untranslatable(f"the dtype {value!r:.40}")
    return str(text)


def refuse_whole(x: Value, what: str) -> None:
    """Of whole numbers TensorFlow makes whole numbers where Keras makes floats."""
    if isinstance(x, Tensor) and is_whole(x.dtype):
        raise Untranslatable(f"{what} of whole numbers rounds in TensorFlow; Keras has no such operation")


def refuse_narrow(x: Value, what: str) -> None:
    """Keras makes whole numbers of fewer than 32 bits wider where TensorFlow keeps them."""
    if isinstance(x, Tensor) and is_whole(x.dtype) and x.dtype not in ("int32", "int64"):
        raise Untranslatable(f"{what} of {x.dtype}, which Keras makes wider")


def unsupported(why: str) -> Row:
    """A function that is known, and has no counterpart."""

    def row(g: Graph, *args: Any, **kwargs: Any) -> Value:
        raise Untranslatable(why)

    return row
