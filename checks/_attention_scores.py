"""The scores of an Attention, which early Keras 3 computes and does not hand on: the graph has one tensor for what it returns."""

from __future__ import annotations

from kdoctor.check import Repair, Safety
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer
from kdoctor.structure.sources import Source
from kdoctor.target import Target

ATTENTION = frozenset({"Attention", "AdditiveAttention"})
CURE = Repair("load it with Keras 3.8 or later, which hands the scores on", safety=Safety.ADVICE)


def is_lost(source: Source, made_by: Layer | None, target: Target) -> bool:
    """Whether a tensor is the scores of a layer that has no such output in the target."""
    attends = made_by is not None and made_by.class_name in ATTENTION and source.output == 1
    return attends and target.keras_3 and not habits.INFERS_ATTENTION_SCORES.of(target)
