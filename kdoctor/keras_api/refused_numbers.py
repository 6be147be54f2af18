"""Values that a layer of Keras 3 takes when it is made, and fails with as soon as it is called.

Run in Keras 3.15.1 with 15 values of each; what is refused there is no number that TensorFlow could make a tensor of, or no axis.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kdoctor.document import Json
from kdoctor.keras_api.judged_values import ARRAYS

NUMBERS: Final = {"ELU": ("alpha",), "Masking": ("mask_value",), "Rescaling": ("scale", "offset"), "LayerNormalization": ("epsilon",)}
READS_ARRAYS: Final = frozenset({"Rescaling", "Masking"})  # their from_config does, and no other
NONE_TAKEN: Final = frozenset({"LayerNormalization"})
AXES: Final = frozenset({"Softmax", "UnitNormalization", "LayerNormalization"})


def refused_numbers(class_name: str, arguments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Those arguments of a layer of Keras's own, each with what Keras says."""
    for key in NUMBERS.get(class_name, ()):
        if key in arguments and not _is_tensor(arguments[key], class_name):
            yield key, f"ValueError: Attempt to convert a value ({arguments[key]!r:.60}) with an unsupported type to a Tensor."
    if class_name in AXES and "axis" in arguments and not _is_axis(arguments["axis"], class_name):
        yield "axis", f"TypeError: Invalid value for `axis`. Received: axis={arguments['axis']!r:.60}"
    if class_name == "Reshape" and _leaves_open(arguments.get("target_shape", [])):
        yield "target_shape", "ValueError: There must be at most one unknown dimension (-1) in `newshape`."


def _is_tensor(value: Json, class_name: str) -> bool:
    if isinstance(value, dict):
        return "class_name" in value and (class_name in READS_ARRAYS or value["class_name"] not in ARRAYS)
    if isinstance(value, list):
        return bool(value) and all(isinstance(one, (int, float, list)) for one in value)
    return isinstance(value, (int, float)) or (value is None and class_name in NONE_TAKEN)


def _is_axis(value: Json, class_name: str) -> bool:
    """An axis or a list of them; a Softmax without one takes all, and makes whole numbers of one."""
    if class_name != "Softmax":
        return isinstance(value, int) or (isinstance(value, list) and all(isinstance(one, int) for one in value))
    if isinstance(value, list):
        return (len(value) == 1 and isinstance(value[0], float)) or (bool(value) and all(isinstance(one, int) for one in value))
    return value is None or isinstance(value, (int, float))


def _leaves_open(shape: Json) -> bool:
    """Whether more than one length is none: Keras takes what is no whole number for one that it shall find, as it does -1."""
    lengths = list(shape) if isinstance(shape, (list, dict, str)) else []
    return sum(not isinstance(one, int) or one == -1 for one in lengths) > 1
