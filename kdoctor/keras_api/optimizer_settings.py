"""What optimizers of Keras 3 demand of their settings, in their constructors or when they are built: with anything else no model loads.

Measured on 2026-11-22: each setting of each optimizer with 16 values, in 3.0.5 and in 3.15.1, which refuse the same;
those of Muon and LossScaleOptimizer in 3.15.1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from kdoctor.document import Json


class Demand(NamedTuple):
    """What one setting must be. classes: of the optimizers that demand it, None for every one; says: how Keras refuses anything else."""

    classes: frozenset[str] | None
    setting: str
    met: Callable[[Json], bool]
    says: str


def _is_name(value: Json) -> bool:
    return value is None or (isinstance(value, str) and "/" not in value)


def _is_number_of_steps(value: Json) -> bool:
    return not value or (isinstance(value, (int, float)) and value >= 2)


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float))


def _is_positive(value: Json) -> bool:
    return _is_number(value) and value >= 0


def _names_layers(value: Json) -> bool:
    """Whether Muon can seek what stands there in the paths of variables: a list of patterns, a text for each of its letters, or nothing."""
    items = list(value) if isinstance(value, (str, list)) else value
    return not items or (isinstance(items, list) and all(isinstance(one, str) for one in items))


NAME = "Argument `name` must be a string and cannot contain character `/`."
STEPS = "`gradient_accumulation_steps` must be an integer >= 2."
SGD, FTRL = frozenset({"SGD"}), frozenset({"Ftrl"})
STRENGTHS = (
    "initial_accumulator_value",
    "l1_regularization_strength",
    "l2_regularization_strength",
    "l2_shrinkage_regularization_strength",
)

DEMANDS: Final = (
    Demand(None, "name", _is_name, NAME),
    Demand(None, "gradient_accumulation_steps", _is_number_of_steps, STEPS),
    Demand(SGD, "momentum", lambda value: isinstance(value, float) and 0 <= value <= 1, "`momentum` must be a float between [0, 1]."),
    Demand(frozenset({"AdamW"}), "weight_decay", lambda value: value is not None, "Argument `weight_decay` must be a float."),
    Demand(frozenset({"RMSprop"}), "momentum", _is_number, "'>' not supported between instances of 'NoneType' and 'int'"),
    Demand(
        frozenset({"Adagrad"}), "initial_accumulator_value", lambda value: value is not None and not isinstance(value, (str, dict)),
        "Attempt to convert a value with an unsupported type",
    ),
    Demand(frozenset({"Lion"}), "beta_1", lambda value: _is_number(value) and 0 < value <= 1, "Argument `beta_1` must be in the [0, 1] range."),
    Demand(frozenset({"Muon"}), "exclude_layers", _names_layers, "first argument must be string or compiled pattern"),
    Demand(frozenset({"LossScaleOptimizer"}), "initial_scale", _is_number, "Attempt to convert a value with an unsupported type to a Tensor."),
    Demand(FTRL, "learning_rate_power", lambda value: _is_number(value) and value <= 0, "`learning_rate_power` needs to be negative or zero."),
    *(Demand(FTRL, setting, _is_positive, f"`{setting}` needs to be positive or zero.") for setting in STRENGTHS),
)  # fmt: skip


def unmet(class_name: str, settings: dict[str, Json]) -> list[Demand]:
    """The demands of an optimizer that its settings, given by name, do not meet; an object among them is judged elsewhere."""
    return [
        one
        for one in DEMANDS
        if (one.classes is None or class_name in one.classes)
        and one.setting in settings
        and not (isinstance(settings[one.setting], dict) and "class_name" in settings[one.setting])
        and not one.met(settings[one.setting])
    ]
