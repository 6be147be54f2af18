"""What K504 tells of a LossScaleOptimizer that scales the loss by one number for ever: Keras 3 has it for scales that change alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.target import Target

SCALING: Final = "LossScaleOptimizer"


def fixed_loss_scale(document: Document, mention: Mention, target: Target) -> Finding | None:
    """The optimizer that it holds takes its place, with the number as ``loss_scale_factor``: optimizers/loss_scale_optimizer.py says so itself."""
    known, scale = mention.found or mention.meant, mention.arguments.get("initial_scale")
    if not target.keras_3 or mention.given or known is None or known.name != SCALING or mention.arguments.get("dynamic", True):
        return None
    held = mention.arguments.get("inner_optimizer")
    inner = _alone(held, scale, target, native=document.format.native) if isinstance(held, Mapping) and _is_number(scale) else None
    title = f"write the optimizer that it holds, with the loss_scale_factor {scale}"
    return Finding(
        mention.at,
        f"the optimizer {mention.name} scales the loss by one number, and that of {target} by one that changes",
        repair=None if inner is None else Repair(title, (Edit(mention.at, old=document.at(mention.at), new=inner),)),
        keras_says="ValueError: LossScaleOptimizer no longer supports `dynamic=False`. Instead, simply set `loss_scale_factor` directly on the "
        "`inner_optimizer`.",
    )


def _alone(held: Mapping[str, Json], scale: Json, target: Target, *, native: bool) -> dict[str, Json] | None:
    """An ``.h5`` looks optimizers up by their names alone."""
    name, settings = str(held.get("class_name")).rpartition(">")[2], held.get("config")
    if not isinstance(settings, Mapping) or Catalogue.load(target.release, target.family).resolve("keras.optimizers", name) is None:
        return None
    made: dict[str, Json] = {"class_name": name, "config": {**settings, "loss_scale_factor": scale}}
    return {"module": "keras.optimizers", **made, "registered_name": None} if native else made


def _is_number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
