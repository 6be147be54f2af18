"""Calls of Keras 3 that ask their tensors for masks while a model runs: those that a file states as tensors it takes as it is told them.

``Layer.__call__`` (layers/layer.py, read in 3.3.3 and 3.15.1) asks for what is stated as null, and not where it finds a list, be it one of nulls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from kdoctor.document import Json
from kdoctor.graph.masks_of_calls import Calls
from kdoctor.graph.merged_masks import HEEDING, MASK
from kdoctor.graph.running_masks import CLASS
from kdoctor.structure.connections import INPUTS, Argument, given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model

CLASSES: Final = frozenset({CLASS, "GroupQueryAttention", "GroupedQueryAttention"})  # the last is what an .h5 calls the one before it
ROLES: Final = ("query", "value", "key")  # each has a mask of its own, in the order of their positions


class Otherwise(NamedTuple):
    """A call that heeds the masks it asks for, and finds others. ``call`` is None of a layer in a Sequential."""

    layer: Layer
    call: int | None


def asked_otherwise(models: Sequence[Model], before: Calls, now: Calls) -> Iterator[Otherwise]:
    """The calls of these models with which a mask comes in one of two runs alone."""
    for layer in (layer for model in models for layer in model.layers if layer.class_name in HEEDING):
        changed = {index: places for index in range(len(layer.calls) or 1) if (places := _changed(layer, index, before, now))}
        given = given_to(layer) if changed else ()
        for index, places in changed.items():
            if not places.isdisjoint(_asked(layer, index, given[index]) if given else (0,)):
                yield Otherwise(layer, index if given else None)


def _changed(layer: Layer, index: int, before: Calls, now: Calls) -> set[int]:
    """The tensors of a call, by number, with which a mask comes in one of the two."""
    was, comes = (run.get((layer.at, index), ()) for run in (before, now))
    return {place for place, (one, other) in enumerate(zip(was, comes, strict=False)) if bool(one) is not bool(other)}


def _asked(layer: Layer, index: int, given: Sequence[Argument]) -> Iterator[int]:
    """Which tensors of a call are asked for a mask, by their number among all that it is given."""
    stated = {name for name, value in _named(layer, index) if value is not None}
    roles, place = iter(ROLES), 0
    for argument in given:
        role = f"{argument.name or next(roles, '')}_{MASK}" if layer.class_name in CLASSES else MASK
        if (argument.name is None or argument.name in INPUTS) and role not in stated:
            yield from range(place, place + len(argument.sources))
        place += len(argument.sources)


def _named(layer: Layer, index: int) -> Iterator[tuple[str, Json]]:
    """What a call is given by name, in the words of Keras 3."""
    nodes = layer.node.raw.get("inbound_nodes")
    node = nodes[index] if isinstance(nodes, list) and index < len(nodes) else None
    named = node.get("kwargs") if isinstance(node, dict) else None
    yield from named.items() if isinstance(named, dict) else ()
