"""The scores of an attention layer, which early Keras 3 computes and does not hand on: the graph has one tensor for what it returns."""

from __future__ import annotations

from kdoctor.check import Repair, Safety
from kdoctor.keras_api import habits
from kdoctor.structure.layers import Layer
from kdoctor.structure.sources import Source
from kdoctor.target import Target

ATTENTION = frozenset({"Attention", "AdditiveAttention"})
SEVERAL = "MultiHeadAttention"
CURE = Repair("load it with Keras 3.8 or later, which hands the scores on", safety=Safety.ADVICE)


def is_lost(source: Source, made_by: Layer | None, target: Target) -> bool:
    """Whether a tensor is the scores of a layer that has no such output in the target."""
    if made_by is None or source.output != 1 or not target.keras_3:
        return False
    if made_by.class_name == SEVERAL:
        return not habits.INFERS_SCORES_OF_HEADS.of(target)
    return made_by.class_name in ATTENTION and not habits.INFERS_ATTENTION_SCORES.of(target)
