"""Attributes of the values that a translation reckons with: tensors, dtypes, shapes, constant arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from kdoctor.translate.arrays import ARRAY_ATTRIBUTES, array_attribute
from kdoctor.translate.dtype_names import NAMES
from kdoctor.translate.values import Dim, ShapeOf, Tensor, Untranslatable, Value, shape_of

NOTHING: Final = object()
OF_DTYPES: Final = frozenset({"base_dtype", "name", "as_numpy_dtype"})


def _known_dtype(tensor: Tensor) -> str:
    if tensor.dtype is None:
        raise Untranslatable("the dtype is not known")
    return tensor.dtype


OF_TENSORS: Final[Mapping[str, Callable[[Tensor], Value]]] = {"shape": shape_of, "ndim": lambda tensor: tensor.rank, "dtype": _known_dtype}


def attribute_of(owner: Value, name: str) -> Value:
    """The value of an attribute; `NOTHING` for one that is a method, or is not known."""
    if isinstance(owner, Tensor) and name in OF_TENSORS:
        return OF_TENSORS[name](owner)
    if name in OF_DTYPES and isinstance(owner, str) and owner in NAMES:
        return owner
    if isinstance(owner, ShapeOf) and name in ("ndims", "rank"):
        return len(owner.lengths)
    if name == "value" and isinstance(owner, (int, Dim)):
        return owner
    if hasattr(owner, "dtype") and name in ARRAY_ATTRIBUTES:
        return array_attribute(owner, name)
    if isinstance(owner, list) and name in ("values", "indices") and type(owner).__name__ == "TopK":
        return owner[0 if name == "values" else 1]
    return NOTHING
