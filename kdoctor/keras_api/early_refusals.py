"""Values that a later Keras 3 saves, and earlier ones refuse when they make, build or load the object: mostly in files of their own, too.

Run on 2026-11-22 in Keras 3.0.5, 3.1.1, 3.2.1, 3.3.3, 3.4.1, 3.5.0 and 3.6.0 with files of 3.15.1; where the change is later than 3.6, it was read
in the sources at the tags of the releases on either side.
"""

from __future__ import annotations

from typing import Final

from kdoctor.document import Json
from kdoctor.keras_api.habits import Habit
from kdoctor.keras_api.refusal import Refusal
from kdoctor.structure.objects import Node

TRANSPOSED: Final = frozenset({"Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"})
LOOKUPS: Final = frozenset({"StringLookup", "IntegerLookup", "TextVectorization"})


def _has_zero(value: Json) -> bool:
    return value == 0 if type(value) is int else isinstance(value, list) and 0 in value


def _is_usual_padding(node: Node) -> bool:
    """Whether the output is as long with no padding as with what null stands for: at least one step of the strides, or the stride itself."""
    rank = int(node.class_name[4])
    stated = (node.config.get(key, 1) for key in ("kernel_size", "strides", "dilation_rate", "output_padding"))
    kernel, strides, dilation, added = (value if isinstance(value, list) else [value] * rank for value in stated)
    if any(type(one) is not int for one in (*kernel, *strides, *dilation)) or any(added):
        return False
    spans = zip(((size - 1) * step + 1 for size, step in zip(kernel, dilation, strict=False)), strides, strict=False)
    valid = node.config.get("padding", "valid") == "valid"
    return all(span >= stride if valid else stride == 1 and span % 2 for span, stride in spans)


def _is_of_query(node: Node) -> bool:
    """Whether the shape is that which the query has, which an attention layer gives without being told."""
    shapes = node.build_config.get("shapes_dict")
    query = shapes.get("query_shape") if isinstance(shapes, dict) else node.build_config.get("query_shape")
    value = node.config.get("output_shape")
    stated = value if isinstance(value, list) else [value]
    return isinstance(query, list) and stated == query[-1:]


def _returns_states(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(config := value.get("config"), dict) and config.get("return_state") is True


def _has_several_states_each(node: Node) -> bool:
    """Whether cells that each have two states stand one behind the other."""
    held = node.config.get("cell")
    config = held.get("config") if isinstance(held, dict) else None
    cells = config.get("cells") if isinstance(config, dict) else held
    return isinstance(cells, list) and any(isinstance(cell, dict) and cell.get("class_name") == "LSTMCell" for cell in cells)


def _without_words(node: Node) -> bool:
    return node.config.get("vocabulary") is None


ONE_AXIS: Final = Habit((3, 0), (3, 11))  # of reduce_shape: ops/operation_utils.py
TUPLED: Final = Habit((3, 0), (3, 7))  # the constructor of MultiHeadAttention makes a tuple of the list since
ZERO = "The `output_padding` argument must be a tuple of integers, including values {0} that do not satisfy `value > 0`"
SHAPE = 'can only concatenate tuple (not "list") to tuple'

EARLY_REFUSALS: Final = (
    Refusal(
        TRANSPOSED, "output_padding", Habit((3, 0), (3, 11)), _has_zero, ZERO, instead=lambda value: None, within=_is_usual_padding,
        later="3.11",
    ),
    Refusal(
        TRANSPOSED, "output_padding", Habit((3, 0), (3, 11)), _has_zero, ZERO, within=lambda node: not _is_usual_padding(node),
        later="3.11",
    ),
    Refusal(
        frozenset({"MultiHeadAttention"}), "output_shape", TUPLED, bool, SHAPE, instead=lambda value: None, within=_is_of_query,
        later="3.7",
    ),
    Refusal(
        frozenset({"MultiHeadAttention"}), "output_shape", TUPLED, bool, SHAPE, within=lambda node: not _is_of_query(node),
        later="3.7",
    ),
    Refusal(
        frozenset({"Logsumexp"}), "axis", ONE_AXIS, lambda value: type(value) is int, "'int' object is not iterable",
        instead=lambda value: [value], later="3.11",
    ),
    Refusal(
        frozenset({"Resizing"}), "interpolation", Habit((3, 0), (3, 6)), lambda value: value == "area",
        "Invalid value for argument `interpolation`. Expected of one ('bilinear', 'nearest', 'lanczos3', 'lanczos5', 'bicubic').",
        later="3.6",
    ),
    Refusal(
        frozenset({"Bidirectional"}), "layer", Habit((3, 0), (3, 2)), _returns_states, 'can only concatenate list (not "tuple") to list',
        later="3.2", beside=" that returns its states",
    ),
    Refusal(
        frozenset({"RNN"}), "return_state", Habit((3, 0), (3, 4)), lambda value: value is True, "Cannot map function to unknown object None",
        within=_has_several_states_each, beside=" for several cells with two states each", later="3.4",
    ),
    Refusal(
        LOOKUPS, "output_mode", Habit((3, 0), (3, 14)), lambda value: value == "tf_idf", "object of type 'bool' has no len()",
        within=_without_words, beside=" with words that the config does not tell", later="3.14",
    ),
    *(
        Refusal(
            frozenset({"CropImages"}), size, Habit((3, 0), (3, 4)), lambda value: value is None,
            "Cannot convert '(None, -8, …)' to a shape. Negative dimensions are not allowed.", later="3.4",
        ) for size in ("target_height", "target_width")  # which it takes the length away from, and not from the length
    ),
)  # fmt: skip
