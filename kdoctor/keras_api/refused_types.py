"""Values whose kind alone makes a constructor of Keras 3 refuse them, wherever the table of judged values does not reach: inside lists, and objects.

Run in Keras 3.15.1 with 18 values of each, in archives and in ``.h5`` files; read in utils/argument_validation.py (standardize_tuple),
layers/normalization/batch_normalization.py and layers/core/wrapper.py of 3.0.5.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kdoctor.document import Json
from kdoctor.keras_api.refused_configs import is_seed

WINDOWS: Final = ("kernel_size", "strides", "dilation_rate", "pool_size")
_WINDOWS: Final = frozenset(WINDOWS)
# Their operations take the numbers as they stand; a Conv2D lets TensorFlow make whole ones of them.
WHOLE: Final = ("Depthwise", "Separable", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose")
SEEDED: Final = frozenset(
    {"Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"}
)
RANDOM: Final = frozenset(
    {"RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom"}
)
HOLDERS: Final = {"TimeDistributed": "layer", "Bidirectional": "layer", "SpectralNormalization": "layer", "RNN": "cell"}


def refused_types(class_name: str, arguments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Those arguments of a layer of Keras's own that are of a kind that it refuses, each with what Keras says."""
    yield from () if _WINDOWS.isdisjoint(arguments) else _windows(class_name, arguments)
    if class_name == "BatchNormalization" and "axis" in arguments and not _is_axis(arguments["axis"]):
        yield "axis", f"TypeError: list indices must be integers or slices, not {type(arguments['axis']).__name__}"
    if class_name == "Attention" and "score_mode" in arguments and arguments["score_mode"] not in ("dot", "concat"):
        yield "score_mode", "ValueError: Invalid value for argument score_mode. Expected one of {'dot', 'concat'}."
    if class_name == "MultiHeadAttention" and not _is_share(arguments.get("dropout", 0)):
        yield "dropout", f"ValueError: Invalid value received for argument `rate`. Received: rate={arguments['dropout']!r:.60}"
    if class_name == "LeakyReLU" and "alpha" in arguments and not _is_slope(arguments["alpha"]):
        yield (
            "alpha",
            f"ValueError: The negative_slope value of a Leaky ReLU layer cannot be None or negative value. Received: {arguments['alpha']!r:.60}",
        )
    yield from _seeds(class_name, arguments) if "seed" in arguments else ()
    if class_name == "IntegerLookup" and arguments.get("vocabulary_dtype", "int64") != "int64":
        yield "vocabulary_dtype", "ValueError: Only `vocabulary_dtype='int64'` is supported at this time."
    yield from _held(class_name, arguments)


def _windows(class_name: str, arguments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    for key in WINDOWS:
        value = arguments.get(key)
        if isinstance(value, list) and any(isinstance(one, (str, list, dict)) for one in value):
            yield key, f"ValueError: The `{key}` argument must be a tuple of integers. Received {key}={value}"
        elif key == "dilation_rate" and class_name.startswith(WHOLE) and _has_fractions(value):
            yield key, "TypeError: Expected int32, but got a number of type 'float'."


def _seeds(class_name: str, arguments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    if class_name in SEEDED and not is_seed(arguments["seed"]):
        yield "seed", "ValueError: `seed` argument should be an instance of `keras.random.SeedGenerator()` or an integer."
    if class_name in RANDOM and not (is_seed(arguments["seed"]) or isinstance(arguments["seed"], bool)):
        yield "seed", "ValueError: Argument `seed` must be an integer."


def _held(class_name: str, arguments: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    key = HOLDERS.get(class_name, "")
    if key in arguments and not _is_object(arguments[key]):
        yield key, f"ValueError: Please initialize `{class_name}` layer with a `keras.layers.Layer` instance. Received: {arguments[key]}"
    if class_name == "Bidirectional" and not _is_object(arguments.get("backward_layer") or arguments.get("layer")):
        yield "backward_layer", "ValueError: `backward_layer` need to be a `keras.layers.Layer` instance."


def _has_fractions(value: Json) -> bool:
    return isinstance(value, list) and any(isinstance(one, float) for one in value)


def _is_axis(value: Json) -> bool:
    """Whether it is a number, of which Keras takes the whole part, or a list that is another check's business."""
    if isinstance(value, list):
        return all(type(one) is int for one in value)
    return isinstance(value, (int, float))


def _is_share(value: Json) -> bool:
    return isinstance(value, (int, float)) and 0 <= value <= 1


def _is_slope(value: Json) -> bool:
    """Whether it is a number; the older word for one that is negative is another check's."""
    return isinstance(value, (int, float))


def _is_object(value: Json) -> bool:
    """Whether it may be a serialized layer or cell, or several cells."""
    if isinstance(value, list):
        return bool(value) and all(map(_is_object, value))
    return isinstance(value, dict) and isinstance(value.get("class_name"), str) and "config" in value
