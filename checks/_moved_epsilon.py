"""What K504 tells of an ``epsilon`` that Keras 3 adds under the root, where the optimizers before Keras 2.11 added it to the root."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Final

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document, Json
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.target import Target

BEGINS: Final[Mapping[str, str | None]] = {"RMSprop": None, "Adagrad": "initial_accumulator_value"}  # what the sum of squares begins with
OF_THE_NEW: Final = "use_ema"  # in the config of every optimizer of Keras 2.11 and later, and of none of the older ones
SMALL: Final = 1e-8  # the mean square of gradients of 0.0001
TOLD: Final = 1e-3  # of a step
NEARLY: Final = 1e-4  # the square of an epsilon of no more than this stands for it: steps differed by 3e-5 with 1e-7, where they did by 0.2


def moved_epsilon(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    """``var - lr * grad / (sqrt(rms) + epsilon)``, and ``sqrt(rms + epsilon)`` in Keras 3: read in Keras 1.2.2, 2.2.5, tf.keras 1.15 and 2.4 and ``legacy`` of
    2.15, whose Adagrad calls a kernel that does the same (measured). An RMSprop with momentum, and Adadelta, had it under the root before."""
    epsilon, name = _number(mention.arguments.get("epsilon")), mention.name.rpartition(">")[2]
    if target.purpose != "training" or document.saved_by().major not in (1, 2) or name not in BEGINS or OF_THE_NEW in mention.arguments:
        return
    if epsilon <= 0 or mention.arguments.get("momentum"):
        return
    least = max(_number(mention.arguments.get(BEGINS[name] or "")), SMALL)
    if abs(sqrt(least + epsilon) / (sqrt(least) + epsilon) - 1) < TOLD:
        return
    advice = f"set model.optimizer.epsilon = {epsilon**2:.3g} before fit(): the steps are nearly those of before"
    yield Finding(
        mention.at / "config" / "epsilon",
        f"{name} of {target} adds the epsilon {epsilon} under the root, and that of the file added it to the root: steps differ where gradients are small",
        repair=Repair(advice, safety=Safety.ADVICE) if epsilon <= NEARLY else None,
        mild=True,
    )


def _number(value: Json) -> float:
    """0 for what is none."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0
