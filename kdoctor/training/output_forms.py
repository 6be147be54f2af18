"""Losses, their weights and metrics of several outputs in the forms that Keras 2 took, and the same in those that Keras 3 takes when it trains.

Measured in 3.15.1 with files of 2.15 (trainers/compile_utils.py): a loss and a weight for every output or for none, no nulls among metrics.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kdoctor.document import Json
from kdoctor.structure.sources import as_source

METRICS = ("metrics", "weighted_metrics")


def for_each(metrics: list[Json], ends: Json) -> Json:
    """The metrics for every end of a model: a list by the order of its outputs, and what nests deeper as the outputs do."""
    items = list(ends.values()) if isinstance(ends, dict) else ends
    if not isinstance(items, list) or as_source(items) is not None or len(items) < 2:
        return metrics
    if all(as_source(item) is not None for item in items):
        return [metrics for _ in items]
    return _nested(metrics, ends)


def _nested(metrics: list[Json], ends: Json) -> Json:
    if isinstance(ends, dict):
        return {key: _nested(metrics, item) for key, item in ends.items()}
    if isinstance(ends, list) and as_source(ends) is None:
        return [_nested(metrics, item) for item in ends]
    return metrics


class Said(NamedTuple):
    """A key of the training state, what it says for Keras 3, what is wrong with what it says now, and how Keras refuses that."""

    key: str
    new: Json
    wrong: str
    says: str


def said_for_each(training: Mapping[str, Json], names: Sequence[str]) -> tuple[Said, ...]:
    """What has to be said otherwise of a model with these outputs; nothing of one output."""
    if len(names) < 2:
        return ()
    loss, weights = training.get("loss"), training.get("loss_weights")
    found = [_losses(loss, weights, names), _weights(loss, weights, names)]
    found += [_metrics(key, training.get(key)) for key in METRICS]
    return tuple(one for one in found if one is not None)


def said_of_one(training: Mapping[str, Json]) -> tuple[Said, ...]:
    """What a model with one output has to say otherwise: Keras 2 writes its metrics as a list of one list, ``[["mae"]]``."""
    found = []
    for key in METRICS:
        metrics = training.get(key)
        if isinstance(metrics, list) and any(isinstance(one, list) for one in metrics):
            says = f"ValueError: Expected all entries in the `{key}` list to be metric objects."
            found.append(Said(key, [*_flat(metrics)], "is a list of lists", says))
    return tuple(found)


def _flat(metrics: list[Json]) -> Iterator[Json]:
    for one in metrics:
        if isinstance(one, list):
            yield from _flat(one)
        elif one is not None:
            yield one


def _by_output(value: Any) -> bool:
    """Whether a mapping is one from outputs: an object has a class."""
    return isinstance(value, Mapping) and "class_name" not in value


def _losses(loss: Any, weights: Any, names: Sequence[str]) -> Said | None:
    if _by_output(loss):
        lacking = [name for name in names if name not in loss]
        if not lacking or not all(name in names for name in loss):
            return None
        says = f"ValueError: Expected keys {[*names]} in loss dict, but found loss.keys()={[*loss]}"
        return Said("loss", {**loss, **dict.fromkeys(lacking)}, f"names no loss for the output {lacking[0]}, not even null", says)
    if weights and loss is not None and not isinstance(loss, list):
        says = f"ValueError: `loss_weights` must match the number of losses, got 1 losses and {len(names)} weights."
        return Said("loss", [loss for _ in names], f"is one for {len(names)} outputs, which have a weight each", says)
    return None


def _weights(loss: Any, weights: Any, names: Sequence[str]) -> Said | None:
    if not isinstance(weights, Mapping) or not weights or not all(name in names for name in weights):
        return None
    each = {name: weights.get(name, 1.0) for name in names}
    if not _by_output(loss):
        says = "ValueError: `loss_weights` must match the number of losses"
        return Said("loss_weights", [*each.values()], "goes by the names of the outputs, and the losses do not", says)
    lacking = [name for name in names if name not in weights]
    return Said("loss_weights", each, f"has no weight for the output {lacking[0]}", f"KeyError: {lacking[0]!r}") if lacking else None


def _metrics(key: str, metrics: Any) -> Said | None:
    if not isinstance(metrics, list) or not any(isinstance(one, list) and None in one for one in metrics):
        return None
    new = [[each for each in one if each is not None] if isinstance(one, list) else one for one in metrics]
    return Said(key, new, "holds null among those of an output", "ValueError: Expected metric, received `None`")
