"""Scores of a MultiHeadAttention: Keras 3.4 and later tell what is behind them another shape than they have."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final, NamedTuple, TypeAlias

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import ABSENT, Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.hidden_queries import returns_scores
from kdoctor.graph.hidden_steps import Users, users_of
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.saved_release import origin_of
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.outline import objects_named
from kdoctor.structure.sources import Source
from kdoctor.target import Target

CLASS: Final = "MultiHeadAttention"
PASSING: Final = frozenset({"Activation", "AlphaDropout", "Dropout", "ELU", "Identity", "LeakyReLU", "ReLU", "Rescaling", "Softmax"})
MADE_FOR_LAST: Final = frozenset({"BatchNormalization", "Conv2D", "Dense", "DepthwiseConv2D", "SeparableConv2D"})
OF_A_RANK: Final = (
    "Conv",
    "DepthwiseConv",
    "SeparableConv",
    "Cropping",
    "UpSampling",
    "ZeroPadding",
    "AveragePooling",
    "MaxPooling",
    "Global",
)
Axes: TypeAlias = tuple[int | None, ...]
NEED: Final = Need("FILE", "the model without the layers behind the scores", "Keras tells these layers another shape than the scores have")


class Scores(NamedTuple):
    """The shape that the scores of a call have, and the one that the target tells of them; batch first."""

    real: Axes
    told: Axes


def mistold_scores(document: Document, target: Target) -> Iterator[Finding]:
    """One for each layer that does not take its scores for it (K609): run in 3.15.1 with files of 2.15 (2026-11-23)."""
    told = habits.TELLS_SCORES_BY_QUERY
    if not told.of(target) or told.at(origin_of(document)) or not any(objects_named(document, (CLASS,))):
        return
    for model in all_models(document):
        readers = list(_readers(document, model))
        users = users_of(model) if readers else {}
        for layer, scores in readers:
            refuses = _refuses(layer, scores, users)
            if refuses or _is_unbuilt(layer, scores):
                yield Finding(
                    layer.at,
                    f"{target} takes the attention scores that {layer.name!r} is given for {_shown(scores.told)}, and they are {_shown(scores.real)}",
                    repair=None if refuses else _built(document, layer, scores),
                    needs=(NEED,) if refuses else (),
                    layer=layer.name,
                    other_numbers=True,
                )


def _readers(document: Document, model: Model) -> Iterator[tuple[Layer, Scores]]:
    """The layers behind scores whose shape is mistold; what works on each number by itself hands them on."""
    found: dict[Source, Scores] = {}
    for layer in model.layers if model.functional else ():
        for number, made in enumerate(_scores(document, layer)):
            if made is not None:
                found[Source(layer.key, number, 1)] = made
    for layer in model.layers if found else ():
        for number, call in enumerate(layer.calls):
            scores = found.get(call[0]) if len(call) == 1 else None
            if scores is not None and layer.class_name in PASSING:
                found[Source(layer.key, number, 0)] = scores
            elif scores is not None:
                yield layer, scores


def _scores(document: Document, layer: Layer) -> Iterator[Scores | None]:
    """Of each call; None where no scores are asked for, a shape is not known or another one in each call, or it is told as it is."""
    calls = infer(document).calls.get(layer.at, ()) if layer.class_name == CLASS else ()
    heads, axes = layer.node.config.get("num_heads"), layer.node.config.get("attention_axes")
    query, value = (*calls[0], None, None)[:2] if len(calls) == 1 else (None, None)
    known = query and value and len(query) == len(value) and type(heads) is int
    for index in range(len(layer.calls)):
        yield _shapes(query, value, heads, axes) if query and value and known and returns_scores(layer.node, index) else None


def _shapes(query: Axes, value: Axes, heads: Json, axes: Json) -> Scores | None:
    rank = len(query)
    assert type(heads) is int
    listed = [axes] if type(axes) is int else axes if isinstance(axes, list) and axes else list(range(1, rank - 1))
    over = [axis % rank for axis in listed if type(axis) is int]
    if rank < 3 or len(over) != len(listed):
        return None
    before = [query[axis] for axis in range(rank - 1) if axis not in over]
    real = (*before, heads, *(query[axis] for axis in over), *(value[axis] for axis in over))
    told = (query[0], heads, query[1], query[1])
    return None if real == told else Scores(real, told)


def _refuses(layer: Layer, scores: Scores, users: Users) -> bool:
    """Whether the layer is made for the shape that the scores have, and is not given it; an open length says nothing."""
    if (
        len(scores.real) != len(scores.told)
        and layer.class_name.startswith(OF_A_RANK)
        and layer.class_name.endswith(f"{len(scores.real) - 2}D")
    ):
        return True
    last = layer.node.config.get("axis", -1) in (-1, [-1], len(scores.real) - 1, [len(scores.real) - 1])  # of a BatchNormalization
    if layer.class_name in MADE_FOR_LAST and last and layer.node.config.get("data_format") != "channels_first":
        return _differ(scores.real[-1], scores.told[-1])
    behind = {taking.class_name for index in range(len(layer.calls)) for taking, _ in users.get((layer.key, index), ())}
    if layer.class_name == "Reshape" or (layer.class_name == "Flatten" and "Dense" in behind):
        return _differ(*(prod(length for length in shape[1:] if length) if None not in shape[1:] else None for shape in scores))
    return False


def _is_unbuilt(layer: Layer, scores: Scores) -> bool:
    """Whether the layer would take any last axis once it is built, and is built with the one that is told."""
    held = layer.node.config.get("layer")
    timed = layer.class_name == "TimeDistributed" and isinstance(held, dict) and held.get("class_name") in ("Dense", "LayerNormalization")
    fits_any = timed or layer.class_name == "LayerNormalization" or (layer.class_name == "Dense" and scores.told[-1] is None)
    return fits_any and "input_shape" not in layer.node.build_config and scores.real[-1] not in (None, scores.told[-1])


def _built(document: Document, layer: Layer, scores: Scores) -> Repair:
    """An archive says of each layer what it is built with, before it is called."""
    at = layer.at / "build_config"
    edit = Edit(at, old=layer.node.raw.get("build_config", ABSENT), new={"input_shape": list(scores.real)})
    return Repair("state the shape that it was built with", (edit,) if document.format.native else (), native=True)


def _differ(one: int | None, other: int | None) -> bool:
    return one is not None and other is not None and one != other


def _shown(shape: Axes) -> str:
    return f"({', '.join(map(str, shape))})"
