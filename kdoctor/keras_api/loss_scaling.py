"""The optimizer that a LossScaleOptimizer holds, and what that one keeps beside it.

Read on 2026-11-23 in keras/src/optimizers/loss_scale_optimizer.py of 3.15.1 and keras/src/mixed_precision/loss_scale_optimizer.py of 2.15.0, and
seen in their files. Keras 3 stores its own counters, then all arrays of the optimizer within, and those a second time in a folder of their
own. Keras 2 stores those within alone (in an archive twice), and begins with the scale of the config each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Json

SCALING: Final = "LossScaleOptimizer"
CALLED_OTHERWISE: Final = {"LossScaleOptimizerV3": SCALING}  # in Keras 2.11 to 2.15, for the optimizers that were new then
OWN: Final = 4  # counters: steps and rate, both 0 for ever, the steps since the scale changed, and the scale
SCALE: Final = "initial_scale"
# What Trainer.compile of Keras 3 makes around the optimizer of a model in mixed_float16.
DEFAULTS: Final[Mapping[str, Json]] = {"name": "loss_scale_optimizer", SCALE: 2.0**15, "dynamic_growth_steps": 2000}


def plain_name(class_name: str) -> str:
    """The class as Keras 3 calls it, without the package that it was registered under."""
    plain = class_name.rpartition(">")[2]
    return CALLED_OTHERWISE.get(plain, plain)


def held(config: Mapping[str, Json]) -> tuple[str, Mapping[str, Json]] | None:
    """Class and settings of the optimizer that a LossScaleOptimizer with this config holds; None where the file does not tell."""
    inner = config.get("inner_optimizer")
    if not isinstance(inner, Mapping) or not isinstance(settings := inner.get("config"), Mapping):
        return None
    return plain_name(str(inner.get("class_name", ""))), settings


def computing(name: str, config: Mapping[str, Json]) -> tuple[str, Mapping[str, Json]] | None:
    """The optimizer that computes the steps: the one held, or the one named itself."""
    return held(config) if name == SCALING else (name, config)


def wrapped(optimizer: Json) -> dict[str, Json]:
    """An optimizer of an archive as ``compile`` of Keras 3 wraps it for a model in mixed_float16."""
    config = {**DEFAULTS, "inner_optimizer": optimizer}
    return {"module": "keras.optimizers", "class_name": SCALING, "config": config, "registered_name": None}
