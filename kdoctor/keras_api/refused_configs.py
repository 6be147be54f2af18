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


def refused_initializer(class_name: str, config: Mapping[str, Json]) -> str | None:
    """What Keras says of an initializer whose config its constructor refuses; None where it takes it, or where that is not known."""
    if class_name != "VarianceScaling":
        return None
    scale, mode, distribution = config.get("scale", 1.0), config.get("mode", "fan_in"), config.get("distribution", "normal")
    if isinstance(scale, (int, float)) and scale <= 0:
        return f"ValueError: Argument `scale` must be positive float. Received: scale={scale}"
    if isinstance(mode, str) and mode not in MODES:
        return f"ValueError: Invalid `mode` argument: {mode}."
    if isinstance(distribution, str) and distribution.lower() not in DISTRIBUTIONS:
        return f"ValueError: Invalid `distribution` argument: {distribution.lower()}."
    return None


def unequal_statistics(class_name: str, arguments: Mapping[str, Json]) -> str | None:
    """What Keras says of a Normalization whose means are another number than its variances, none of the two being one."""
    lengths = [_length(arguments.get(key)) for key in ("mean", "variance")] if class_name == "Normalization" else []
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
