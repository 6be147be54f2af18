"""Values as Keras 3 writes them in a config: tensors by their history, arrays, slices, plain values."""

from __future__ import annotations

import math

from kdoctor.document import Json
from kdoctor.translate.values import Dim, Tensor, Untranslatable, Value


def tensor_json(tensor: Tensor) -> Json:
    """Keras resolves it by its history alone (functional.deserialize_node)."""
    shape = [None] if tensor.shape is None else list(tensor.shape)
    history = [tensor.layer, tensor.call, tensor.output]
    return {"class_name": "__keras_tensor__", "config": {"shape": shape, "dtype": tensor.dtype or "float32", "keras_history": history}}


def encoded(value: Value) -> Json:
    """Raises `Untranslatable` for what no config can hold."""
    if isinstance(value, Tensor):
        return tensor_json(value)
    if isinstance(value, Dim):
        raise Untranslatable("a length that is known only when the model runs")
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(value, slice):
        parts = {"start": value.start, "stop": value.stop, "step": value.step}
        return {"class_name": "__slice__", "config": {key: encoded(part) for key, part in parts.items()}}
    if isinstance(value, (list, tuple)):
        return [encoded(item) for item in value]
    if hasattr(value, "dtype") and hasattr(value, "tolist"):
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": str(value.dtype)}}
    if isinstance(value, float) and not math.isfinite(value):
        raise Untranslatable(f"{value} cannot be written in JSON")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Untranslatable(f"a {type(value).__name__} as an argument of an operation")
