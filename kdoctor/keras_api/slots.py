"""The arrays that an optimizer keeps for each variable that it trains, in the order in which each family of Keras stores them.

Read on 2026-11-21 from ``build`` of keras/src/optimizers (3.15.1, 2.15.0), ``_create_slots`` of its legacy optimizers (tf.keras up to 2.10)
and ``get_updates`` of Keras 2.2.5. The slots of one group change with every variable (m, v, m, v); groups follow each other. Nadam is
left out on purpose: it keeps a product of all steps beside its variables, which Keras 2.11 to 2.15 store nowhere, and Keras 3 before the
slots (3.0 to 3.9) or behind them (since 3.10: `kdoctor.training.nadam`); with a fresh product, the first steps would be many times too long.
The number of steps does not tell it: in a tf.function Keras 2 multiplies it once for every variable, not once a step (run in 2.13).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeAlias

from kdoctor.document import Json

Groups: TypeAlias = "tuple[tuple[str, ...], ...]"
Rows: TypeAlias = "tuple[tuple[tuple[str, ...], str | None], ...]"  # slots, and the argument that must be set for them to be kept

AVERAGE: Final = "average"  # of the variable itself: kept by every optimizer of Keras 2.11 and later with use_ema
ADAM: Final[Rows] = ((("m", "v"), None), (("vhat",), "amsgrad"))
KERAS_3: Final[Mapping[str, Rows]] = {
    "Adam": ADAM,
    "AdamW": ADAM,
    "Lamb": ((("m", "v"), None),),
    "Adamax": ((("m", "u"), None),),
    "SGD": ((("momentum",), "momentum"),),
    "Lion": ((("momentum",), None),),
    "RMSprop": ((("square",), None), (("momentum",), "momentum"), (("mean",), "centered")),
    "Adagrad": ((("accumulator",), None),),
    "Adadelta": ((("gradient", "delta"), None),),
    "Ftrl": ((("accumulator", "linear"), None),),
}
KERAS_2: Final[Mapping[str, Rows]] = {**KERAS_3, "SGD": ((("momentum",), None),)}
TENSORFLOW: Final[Mapping[str, Rows]] = {
    "Adam": ((("m",), None), (("v",), None), (("vhat",), "amsgrad")),
    "Adamax": ((("m",), None), (("u",), None)),
    "SGD": KERAS_3["SGD"],
    "RMSprop": KERAS_3["RMSprop"],
    "Adagrad": KERAS_3["Adagrad"],
    "Adadelta": ((("gradient",), None), (("delta",), None)),
    "Ftrl": KERAS_3["Ftrl"],
}
KERAS_1: Final[Mapping[str, Rows]] = {
    "Adam": TENSORFLOW["Adam"],
    "Adamax": TENSORFLOW["Adamax"],
    "SGD": KERAS_2["SGD"],
    "RMSprop": ((("square",), None),),
    "Adagrad": KERAS_3["Adagrad"],
    "Adadelta": TENSORFLOW["Adadelta"],
}


class Style(Enum):
    """Who stored the state: Keras 3, Keras 2.11 to 2.15, tf.keras up to 2.10 (and keras.optimizers.legacy), Keras up to 2.3."""

    KERAS_3 = "Keras 3"
    KERAS_2 = "Keras 2.11"
    TENSORFLOW = "tf.keras"
    KERAS_1 = "Keras 2.3"


TABLES: Final = {Style.KERAS_3: KERAS_3, Style.KERAS_2: KERAS_2, Style.TENSORFLOW: TENSORFLOW, Style.KERAS_1: KERAS_1}
AVERAGING: Final = frozenset({Style.KERAS_3, Style.KERAS_2})


def slots(class_name: str, config: Mapping[str, Json], style: Style = Style.KERAS_3) -> Groups | None:
    """The groups of slots of an optimizer, in their order; None for one that is not known, or that keeps more than slots."""
    rows = TABLES[style].get(class_name)
    if rows is None or config.get("gradient_accumulation_steps"):
        return None
    averaged = style in AVERAGING and bool(config.get("use_ema"))
    kept = tuple(names for names, argument in rows if argument is None or config.get(argument))
    return ((AVERAGE,), *kept) if averaged else kept


def has_rate(config: Mapping[str, Json]) -> bool:
    """Whether an optimizer of Keras 3 stores its learning rate: a schedule is computed instead."""
    return not isinstance(config.get("learning_rate"), Mapping)
