"""Values that a file keeps for a function: defaults, captured variables, arguments, as Python values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kdoctor.document import Json
from kdoctor.translate.names import Module, canonical
from kdoctor.translate.values import MissingName, Untranslatable, Value


@dataclass(frozen=True, slots=True)
class StoredLayer:
    """A layer that was captured: its class and config."""

    class_name: str
    config: dict[str, Json]


def revived(value: Json, name: str) -> Value:
    """The value of a captured variable or default. Raises `Untranslatable` for one that the file does not hold whole."""
    if isinstance(value, list):
        return [revived(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    kind, config = value.get("class_name"), value.get("config")
    if kind == "__tuple__":
        items = value.get("items", config.get("value") if isinstance(config, dict) else config)
        return tuple(revived(item, name) for item in items or ())
    if kind in ("__numpy__", "__tensor__") and isinstance(config, dict):
        return _array(config)
    if kind == "__slice__" and isinstance(config, dict):
        return slice(config.get("start"), config.get("stop"), config.get("step"))
    if kind == "__ellipsis__":
        return Ellipsis
    if kind == "function" and isinstance(config, str):
        return _function(value, config, name)
    if kind in ("__lambda__", "__keras_tensor__", "__bytes__"):
        raise MissingName(name, "holds what no operation of Keras can take")
    if isinstance(kind, str) and isinstance(config, dict):
        return StoredLayer(kind, config)
    return {key: revived(item, name) for key, item in value.items()}


def _array(config: dict[str, Any]) -> Value:
    import numpy

    try:
        return numpy.asarray(config.get("value"), dtype=str(config.get("dtype", "float32")))
    except (TypeError, ValueError):
        raise Untranslatable("an array that is none") from None


def _function(value: dict[str, Json], text: str, name: str) -> Value:
    """A function of Keras or TensorFlow is known by its module; of any other only the name is stored."""
    module = value.get("module")
    root = module.split(".")[0] if isinstance(module, str) else ""
    if root in ("keras", "tensorflow", "tf_keras"):
        return Module(canonical(f"{module}.{text}"))
    if root == "builtins":
        return Module(f"activations.{text}")
    raise MissingName(name, f"was the function {text!r}, of which only the name is stored")
