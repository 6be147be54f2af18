"""What constructors of Keras 3 refuse of objects that a layer holds, or of two arguments together.

Read in initializers/random_initializers.py (VarianceScaling) and layers/preprocessing/normalization.py of Keras 3.0.5 and 3.15.1, and run in both:
3.0.5 says of unequal statistics that their shapes are incompatible.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Json

MODES: Final = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS: Final = ("normal", "uniform", "truncated_normal", "untruncated_normal")
# Of initializers: what none of them makes a tensor of is refused as soon as a variable is made.
NUMBERS: Final = {
    "RandomUniform": ("minval", "maxval"), "RandomNormal": ("mean", "stddev"), "TruncatedNormal": ("mean", "stddev"), "Constant": ("value",),
}  # fmt: skip
SEEDED: Final = frozenset(
    "RandomUniform RandomNormal TruncatedNormal VarianceScaling GlorotUniform GlorotNormal HeUniform HeNormal LecunUniform LecunNormal".split()  # noqa: SIM905
)


def is_seed(value: Json) -> bool:
    """Whether Keras 3 takes it for a seed: a whole number, none, or a generator."""
    return value is None or type(value) is int or (isinstance(value, dict) and "class_name" in value)


def refused_initializer(class_name: str, config: Mapping[str, Json]) -> str | None:
    """What Keras says of an initializer whose config its constructor refuses; None where it takes it, or where that is not known."""
    for key in NUMBERS.get(class_name, ()):
        if config.get(key, 0) is None or isinstance(config.get(key), (str, dict)):
            return f"ValueError: Attempt to convert a value ({config[key]}) with an unsupported type to a Tensor."
    if class_name in SEEDED and not is_seed(config.get("seed")):
        return f"ValueError: `seed` argument should be an instance of `keras.random.SeedGenerator()` or an integer. Received: seed={config['seed']}"
    return _refused_scaling(config) if class_name == "VarianceScaling" else None


def _refused_scaling(config: Mapping[str, Json]) -> str | None:
    scale, mode, distribution = config.get("scale", 1.0), config.get("mode", "fan_in"), config.get("distribution", "normal")
    if not isinstance(scale, (int, float)):
        return f"TypeError: '<=' not supported between instances of '{type(scale).__name__}' and 'float'"
    if isinstance(mode, (list, dict)):
        return f"TypeError: unhashable type: '{type(mode).__name__}'"
    if not isinstance(distribution, str):
        return f"AttributeError: '{type(distribution).__name__}' object has no attribute 'lower'"
    if scale <= 0:
        return f"ValueError: Argument `scale` must be positive float. Received: scale={scale}"
    if mode not in MODES:
        return f"ValueError: Invalid `mode` argument: {mode}."
    if distribution.lower() not in DISTRIBUTIONS:
        return f"ValueError: Invalid `distribution` argument: {distribution.lower()}."
    return None


def unequal_statistics(class_name: str, arguments: Mapping[str, Json]) -> str | None:
    """What Keras says of a Normalization whose means are another number than its variances, none of the two being one."""
    if class_name != "Normalization":
        return None
    lengths = [_length(arguments.get(key)) for key in ("mean", "variance")]
    if None in lengths or len({*lengths}) < 2 or 1 in lengths:
        return None
    means, variances = lengths
    return (
        "ValueError: When setting values directly, `mean` and `variance` must have the same shape. "
        f"Received: mean shape ({means},) and variance shape ({variances},)"
    )


def _length(value: Json) -> int | None:
    numbers = isinstance(value, list) and all(isinstance(one, (int, float)) for one in value)
    return len(value) if numbers else None
