"""What K504 tells of an optimizer that gathers gradients: Keras 3.0 to 3.4 counted, clipped and decayed with every batch, later ones once an update."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document, Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.target import Target

GATHERS: Final = "gradient_accumulation_steps"
COUNTING: Final = frozenset({"Adam", "AdamW", "Adamax", "Nadam", "Adafactor"})  # their steps depend on how many there were
CLIPPING: Final = ("clipnorm", "clipvalue", "global_clipnorm")


def counted_batches(document: Document, mention: Mention, target: Target) -> Iterator[Finding]:
    """``apply`` of keras/src/optimizers/base_optimizer.py, 3.4.1 and 3.5.0. Twenty optimizers of six releases went on in 3.15.1: those of which nothing
    is told here made the same four steps."""
    saved, steps = document.saved_by(), mention.arguments.get(GATHERS)
    now = habits.COUNTS_UPDATES.of(target)
    if target.purpose != "training" or saved.major != target.minor[0] or now is habits.COUNTS_UPDATES.at(saved.keras):
        return
    changes = [*_changes(mention.name, mention.arguments, now)]
    if not changes or not isinstance(steps, int):
        return
    units = ("updates", "batches") if now else ("batches", "updates")
    yield Finding(
        mention.at / "config" / GATHERS,
        f"{mention.name} of {target} counts {units[0]} where it gathers the gradients of {steps} batches, and that of Keras {saved.keras} counted {units[1]}: "
        + "; ".join(changes),
        repair=_advice(mention.arguments.get("weight_decay"), steps if now else 1 / steps),
        mild=True,
    )


def _changes(name: str, config: Mapping[str, Json], now: bool) -> Iterator[str]:
    if name in COUNTING:
        yield "its steps are of another size until there were some thousands"
    if config.get("weight_decay"):
        yield "weights decay once an update, not with every batch" if now else "weights decay with every batch, not once an update"
    if any(config.get(argument) for argument in CLIPPING):
        yield "the mean gradient is clipped, not that of each batch" if now else "the gradient of each batch is clipped, not their mean"
    if config.get("use_ema") and config.get("ema_overwrite_frequency"):
        yield "averages take the place of the weights at other steps"


def _advice(decay: Json, times: float) -> Repair | None:
    if not isinstance(decay, (int, float)) or not decay:
        return None
    advice = f"set model.optimizer.weight_decay = {decay * times:.6g} before fit(): the weights decay nearly as they did"
    return Repair(advice, safety=Safety.ADVICE)
