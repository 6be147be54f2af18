"""Values that Keras 2 took for an argument and Keras 3 refuses, and the values that mean the same to it.

Read on 2026-11-21 in the constructors of Keras 3.0.5 to 3.15.1, and seen to be refused by 3.15.1 in files that Keras 2.2.5, 2.9 and 2.15 saved.
What Keras 2 made of each was read in its ``call`` methods: noise, dropout and penalties are of training alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from kdoctor.document import Json
from kdoctor.keras_api.early_refusals import EARLY_REFUSALS
from kdoctor.keras_api.habits import Habit
from kdoctor.keras_api.refusal import Refusal

DROPPING: Final = frozenset("Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D AlphaDropout GaussianDropout".split())  # noqa: SIM905
RESIZING: Final = frozenset({"UpSampling2D", "Resizing"})
NEVER_BUILT: Final = frozenset({"gaussian", "mitchellcubic"})  # interpolations of TensorFlow alone


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_no_share(value: Json) -> bool:
    return _is_number(value) and not 0 <= value <= 1


def _is_negative(value: Json) -> bool:
    return _is_number(value) and value < 0


def _is_large(value: Json) -> bool:
    return _is_number(value) and value > 1


def _is_no_noise_shape(value: Json) -> bool:
    return type(value) is int or (isinstance(value, list) and any(type(length) is int and length <= 0 for length in value))


def _noise_shape(value: Json) -> Json:
    """One number was a shape of one axis to TensorFlow 1; nobody could train with the others, whose noise has no elements."""
    return [value] if type(value) is int and value > 0 else None


def _is_no_truth(value: Json) -> bool:
    return not isinstance(value, (bool, dict, list))


def _is_share(value: Json) -> bool:
    return _is_number(value) and 0 < value <= 1


def _is_own_shear(value: Json) -> bool:
    """Whether it is the range that Keras 3 makes of one number, writes, and does not take back."""
    return isinstance(value, list) and len(value) == 2 and _is_share(value[1]) and value[0] == -value[1]


SINCE_3_0, SINCE_3_13, SINCE_3_15 = Habit((3, 0)), Habit((3, 13)), Habit((3, 15))
PENALTIES: Final = {"l1": frozenset({"L1", "L1L2"}), "l2": frozenset({"L2", "L1L2"}), "factor": frozenset({"OrthogonalRegularizer"})}
RATE = "Invalid value received for argument `rate`. Expected a float value between 0 and 1."
STDDEV = "Invalid value received for argument `stddev`. Expected a float value between 0 and 1."
SLOPE = "The negative_slope value of a Leaky ReLU layer cannot be None or negative value."
NOISE, RELU, LEAKY = frozenset({"GaussianNoise"}), frozenset({"ReLU"}), frozenset({"LeakyReLU"})
SEPARABLE = frozenset({"SeparableConv1D", "SeparableConvolution1D"})  # Keras 2 padded one at its beginning, as it does a Conv1D

REFUSALS: Final = (
    # Keras dropped nothing at a rate beyond 1: `if 0 < rate < 1`; tf.keras could not train with it.
    Refusal(DROPPING, "rate", SINCE_3_0, _is_no_share, RATE, instead=lambda value: 0),
    Refusal(NOISE, "stddev", SINCE_3_0, _is_negative, STDDEV, instead=lambda value: -value),  # the same noise
    Refusal(NOISE, "stddev", SINCE_3_0, _is_large, STDDEV, instead=lambda value: 1.0, trains_otherwise=True),
    Refusal(
        frozenset({"Dropout"}), "noise_shape", SINCE_3_13, _is_no_noise_shape,
        "Invalid value received for argument `noise_shape`.", instead=_noise_shape,
    ),
    Refusal(None, "trainable", SINCE_3_15, _is_no_truth, "Expected `trainable` to be a boolean.", instead=bool),
    Refusal(
        frozenset({"RepeatVector"}), "n", SINCE_3_15, lambda value: isinstance(value, bool),
        "Expected an integer value for `n`, got <class 'bool'>.", instead=int,
    ),
    *(
        Refusal(
            classes, argument, SINCE_3_0, _is_negative, f"Invalid value for argument {argument}: expected a non-negative float.",
            instead=lambda value: 0.0, trains_otherwise=True,
        )
        for argument, classes in PENALTIES.items()
    ),
    Refusal(
        SEPARABLE, "padding", SINCE_3_0, lambda value: isinstance(value, str) and value.lower() == "causal",
        "The `padding` argument must be a list/tuple or one of",
    ),
    Refusal(LEAKY, "alpha", SINCE_3_0, _is_negative, SLOPE),
    Refusal(LEAKY, "negative_slope", SINCE_3_0, _is_negative, SLOPE),
    *(
        Refusal(RELU, argument, SINCE_3_0, _is_negative, f"{argument} of a ReLU layer cannot be a negative value.")
        for argument in ("max_value", "negative_slope", "threshold")
    ),
    Refusal(
        RESIZING, "interpolation", SINCE_3_0, lambda value: isinstance(value, str) and value in NEVER_BUILT,
        "Invalid value for argument `interpolation`. Expected of one ('bilinear', 'nearest', 'lanczos3', 'lanczos5', 'bicubic', 'area').",
    ),
    *(
        Refusal(
            frozenset({"RandomShear"}), argument, SINCE_3_0, _is_own_shear,
            "The `factor` argument should be a number (or a list of two numbers) in the range [0, 1.0].",
            instead=lambda value: value[1], by="Keras 3 itself writes",
        )
        for argument in ("x_factor", "y_factor")
    ),
)  # fmt: skip


@lru_cache(maxsize=512)
def refusals_of(kind: str, class_name: str, minor: tuple[int, int]) -> tuple[Refusal, ...]:
    """What the target with this number refuses of a class."""
    return tuple(
        one
        for one in (*REFUSALS, *EARLY_REFUSALS)
        if one.since.first <= minor < one.since.last and (kind == "layer" if one.classes is None else class_name in one.classes)
    )
