"""Operations of Keras 3 between a tensor and an array that stands in the file, as the Rescaling of Keras 2.

``x + positions``, with which most transformers begin, is such an operation. Rescaling casts its ``scale`` and ``offset`` and broadcasts them
(layers/preprocessing/image_preprocessing.py, 2.6 to 2.15): nested lists do as well as numbers, and its config is JSON that holds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite

from kdoctor.document import Json
from kdoctor.keras_api.output_shapes.operands import array_shape

Layer = tuple[str, dict[str, Json], Json]  # class, settings, inputs
ARRAYS = frozenset({"__tensor__", "__numpy__"})
KIND = "float32"  # Rescaling computes in its own dtype, which is this one where nothing else is said


def with_constant(operation: str, args: Sequence[Json]) -> Layer | None:
    """The layer that computes the same as a call with a tensor and an array, in either order; None where there is none."""
    if len(args) != 2:
        return None
    arrays = [_array(arg) for arg in args]
    tensor, array = (args[1], arrays[0]) if arrays[1] is None else (args[0], arrays[1])
    if array is None or not _keeps(_stated(tensor, "__keras_tensor__"), array_shape(array)):
        return None
    if operation == "Add":
        return "Rescaling", {"scale": 1.0, "offset": array}, tensor
    if operation == "Subtract":
        first = arrays[0] is not None
        return "Rescaling", {"scale": -1.0, "offset": array} if first else {"scale": 1.0, "offset": _negated(array)}, tensor
    return ("Rescaling", {"scale": array, "offset": 0.0}, tensor) if operation == "Multiply" else None


def _stated(value: Json, *kinds: str) -> Mapping[str, Json]:
    """The config of a tensor or array of these kinds that holds fractions; empty for others."""
    config = value.get("config") if isinstance(value, Mapping) and value.get("class_name") in kinds else None
    return config if isinstance(config, Mapping) and config.get("dtype") == KIND else {}


def _array(value: Json) -> Json:
    found = _stated(value, *ARRAYS).get("value")
    return found if isinstance(found, list) and found and _is_even(found, array_shape(found)) else None


def _is_even(value: Json, shape: Sequence[int | None]) -> bool:
    """Whether nested lists have one shape, and numbers that JSON can say."""
    if not shape:
        return type(value) in (int, float) and isfinite(value)
    return isinstance(value, list) and len(value) == shape[0] and all(_is_even(item, shape[1:]) for item in value)


def _keeps(tensor: Mapping[str, Json], array: Sequence[int | None]) -> bool:
    """Whether the result has the tensor's shape: that is what Rescaling says it has."""
    shape = tensor.get("shape")
    if not isinstance(shape, list) or len(array) > len(shape):
        return False
    return all(length == 1 or length == axis for length, axis in zip(reversed(array), reversed(shape), strict=False))


def _negated(value: Json) -> Json:
    return [_negated(item) for item in value] if isinstance(value, list) else -value
