"""A tensor in the words of Keras 3, ``{"class_name": "__keras_tensor__", "config": {"shape": …, "dtype": …, "keras_history": […]}}``, whole in every word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Json
from kdoctor.structure.dtypes import is_tensor_dtype

KEYS: Final = ("shape", "dtype", "keras_history")
_KEYS: Final = frozenset(KEYS)


def is_whole(tensor: Mapping[str, Json]) -> bool:
    """Whether a tensor is one in every word of it, as almost all are."""
    config = tensor.get("config")
    return (
        tensor.get("class_name") == "__keras_tensor__"
        and isinstance(config, dict)
        and config.keys() >= _KEYS
        and is_history(config["keras_history"])
        and is_shape(config["shape"])
        and is_tensor_dtype(config["dtype"])
    )


def is_history(value: Json) -> bool:
    """A layer's name, the number of its call, and that of the output."""
    return isinstance(value, list) and len(value) >= 3 and type(value[0]) is str and type(value[1]) is int and type(value[2]) is int


def is_shape(value: Json) -> bool:
    """Whether a JSON value is a shape for Keras 3 (backend/common/variables.py, standardize_shape): lengths, or None for any."""
    return isinstance(value, list) and all(length is None or (isinstance(length, int) and length >= 0) for length in value)
