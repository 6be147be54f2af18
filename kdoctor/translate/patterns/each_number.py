"""Layers that work on each number by itself, whatever the rank: Activation and its kin, Rescaling, Identity; and on the lengths of vectors."""

from __future__ import annotations

import math
from typing import Final

from kdoctor.translate.patterns.pattern import Chain, Layer, Pattern, Step

# Operation -> the activation that is exactly it (keras/src/activations/activations.py), and what the operation's config must then say.
ACTIVATIONS: Final = {
    "Relu": ("relu", {}), "Relu6": ("relu6", {}), "Tanh": ("tanh", {}), "Sigmoid": ("sigmoid", {}), "Softplus": ("softplus", {}),
    "Softsign": ("softsign", {}), "Selu": ("selu", {}), "Exp": ("exponential", {}), "HardSigmoid": ("hard_sigmoid", {}),
    "Silu": ("silu", {}), "LogSigmoid": ("log_sigmoid", {}), "Elu": ("elu", {"alpha": 1.0}), "Gelu": ("gelu", {"approximate": False}),
    "Softmax": ("softmax", {"axis": -1}), "LogSoftmax": ("log_softmax", {"axis": -1}),
}  # fmt: skip
EXACT_DTYPES: Final = ("float32", "float64")
LARGEST, SMALLEST = 2.0**100, 2.0**-100  # beyond these the reciprocal may not be a number, or a blurred one


def activation(chain: Chain) -> Layer | None:
    step = chain.only
    if step is None:
        return None
    name, stated = ACTIVATIONS.get(step.operation, ("", {}))
    found = {key: value for key, value in step.config.items() if key != "name" and value is not None}
    if name and found == stated:
        return Layer("Activation", {"activation": name})
    if name in ("softmax", "elu"):
        return Layer(step.operation.upper() if name == "elu" else "Softmax", found)
    return Layer("LeakyReLU", {"negative_slope": step.config["negative_slope"]}) if step.operation == "LeakyRelu" else None


def limited_relu(chain: Chain) -> Layer | None:
    step = chain.only
    if step is None or step.operation != "Clip" or step.config.get("x_min") != 0:
        return None
    most = step.config.get("x_max")
    return Layer("ReLU", {"max_value": float(most)}) if isinstance(most, (int, float)) and most > 0 else None


def identity(chain: Chain) -> Layer | None:
    step = chain.only
    is_same = step is not None and step.operation == "Cast" and step.config.get("dtype") == chain.dtype
    return Layer("Identity") if is_same else None


def rescaling(chain: Chain) -> Layer | None:
    """``x * scale + offset``, each rounded as the operations round it; a quotient is multiplied instead, which may round the last bit otherwise."""
    if not 1 <= len(chain.steps) <= 2:
        return None
    scale, offset = _scale(chain.steps[0], chain.dtype), _offset(chain.steps[-1])
    if len(chain.steps) == 1:
        found = (1.0, offset) if scale is None else (scale, 0.0)  # times one is exact
        return None if found[1] is None else Layer("Rescaling", {"scale": found[0], "offset": found[1]})
    return None if scale is None or offset is None else Layer("Rescaling", {"scale": scale, "offset": offset})


def _scale(step: Step, dtype: str) -> float | None:
    number = step.number()
    if number is None or not math.isfinite(number):
        return None
    if step.operation == "Multiply":
        return float(number)
    if step.operation not in ("Divide", "TrueDivide") or not step.tensor_first or not SMALLEST < abs(number) < LARGEST:
        return None
    is_power = math.frexp(abs(number))[0] == 0.5
    return 1.0 / number if is_power or dtype in EXACT_DTYPES else None


def _offset(step: Step) -> float | None:
    number = step.number()
    if number is None or not math.isfinite(number):
        return None
    if step.operation == "Add":
        return float(number)
    return -float(number) if step.operation == "Subtract" and step.tensor_first else None


def unit_normalization(chain: Chain) -> Layer | None:
    """Of `keras.ops.normalize` with the layer's own limit, which is another than that of ``l2_normalize``."""
    step = chain.only
    if step is None or step.operation != "Normalize" or step.config.get("order", 2) != 2 or step.config.get("epsilon") != 1e-12:
        return None
    return Layer("UnitNormalization", {"axis": step.config.get("axis", -1)})


PATTERNS: Final[tuple[Pattern, ...]] = (activation, limited_relu, identity, rescaling, unit_normalization)
