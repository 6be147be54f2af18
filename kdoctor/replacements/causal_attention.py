"""Attention that looks back only: Keras 2.2 to 2.9 say so where the layer is made (``causal``), later releases where it is called."""

from __future__ import annotations

from typing import Final

from kdoctor.document import ABSENT, Json
from kdoctor.edit import Edit
from kdoctor.structure.layers import Layer

CAUSAL: Final = "causal"
WHEN_CALLED: Final = "use_causal_mask"
CLASSES: Final = frozenset({"Attention", "AdditiveAttention"})


def told_when_called(layer: Layer) -> tuple[Edit, ...] | None:
    """Edits of a layer that is called in a graph written by Keras 2; None for any other.

    Keras 2 repeats the keywords of a call beside each of its inputs.
    """
    calls = layer.node.raw.get("inbound_nodes")
    if layer.class_name not in CLASSES or not isinstance(calls, list) or not calls or not all(map(_is_written_by_keras_2, calls)):
        return None
    at = layer.at
    told = [[[*tensor[:3], {**_keywords(tensor), WHEN_CALLED: True}] for tensor in call] for call in calls]
    drop = Edit(at / "config" / CAUSAL, old=layer.node.config.get(CAUSAL, ABSENT), new=ABSENT)
    return (drop, Edit(at / "inbound_nodes", old=calls, new=told))


def _is_written_by_keras_2(call: Json) -> bool:
    return isinstance(call, list) and bool(call) and all(_is_tensor(one) for one in call)


def _is_tensor(value: Json) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str) and isinstance(_keywords(value), dict)


def _keywords(tensor: list[Json]) -> dict[str, Json]:
    return tensor[3] if len(tensor) == 4 else {}
