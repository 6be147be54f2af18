"""The call of ``compile`` that the training state speaks of."""

from __future__ import annotations

from collections.abc import Mapping

from kdoctor.document import Json
from kdoctor.pointer import Pointer
from kdoctor.rebuild.fragments import Item, call, statement
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.objects import value

PARTS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", "run_eagerly", "steps_per_execution", "jit_compile")
# What leaving a part out means; jit_compile is "auto" then, which comes to true wherever the model can be compiled.
DEFAULTS: Mapping[str, Json] = {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": True, "auto_scale_loss": True}


def compile_lines(module: Module, indent: int = 0) -> list[str]:
    """The call; none for a model that was never compiled."""
    training = module.document.training
    if not isinstance(training, Mapping) or not (training.get("optimizer") or training.get("loss")):
        return []
    items = []
    for part in (*PARTS, "auto_scale_loss"):
        item = training.get(part)
        if item is None or item == [] or (part in DEFAULTS and item == DEFAULTS[part]):
            continue
        items.append(Item(value(module, item, Pointer("training", (part,)), part), f"{part}="))
    return [statement("", call("model.compile", items), indent)]
