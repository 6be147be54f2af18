"""Which tensors have a mask while a model of Keras 3 runs, with the models nested in it: those hand masks in and out that no call states.

A nested model takes no mask and makes none when a model is put together ("does not support masking and will therefore destroy the mask information"),
and its layers see the masks of the tensors that they get when it runs. Run in 3.5.0, 3.7.0 and 3.15.1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import or_
from typing import Final, NamedTuple, TypeAlias

from kdoctor.graph.merged_masks import Joining, Place
from kdoctor.graph.running_masks import CLASS, RETURNING, in_order, makes_masked, stated_masks, told_to_model
from kdoctor.keras_api.variables.table import DEEPEST
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

MOST: Final = 20_000  # layers of nested models that are followed: these are run each time that they are called
FIRST: Final = ""  # the one input of a Sequential
NOTHING: Final = 0  # the number of a tensor that is not followed; it has no mask
Calls: TypeAlias = "Mapping[tuple[Pointer, int], tuple[bool, ...]]"


class Followed(NamedTuple):
    """``crossing``: for each model, by its place, the inputs with which a mask comes from outside, and the calls of models in it that hand one out."""

    calls: Calls
    crossing: Mapping[Pointer, frozenset[Place]]


class TooManyCalls(Exception):
    """Models call models so often, or stand so deep in each other, that they are not followed."""


def masks_of_calls(models: Sequence[Model], takes_away: bool, how: Joining = Joining.ANY, stopping: frozenset[str] = frozenset()) -> Calls:
    """For each call of each layer, by place and number, with which of its tensors a mask comes, at any time that it is run.

    models: of a document, the outermost first, or one without those that are nested in it. ``takes_away``: whether a MultiHeadAttention takes the masks
    from what it is given; ``how``: what merging layers make of masks; ``stopping``: layers that hand none on.
    Raises `TooManyCalls`; of one model never.
    """
    return followed(models, takes_away, how, stopping).calls


def followed(models: Sequence[Model], takes_away: bool, how: Joining = Joining.ANY, stopping: frozenset[str] = frozenset()) -> Followed:
    """The same, and the masks that go from one model into another."""
    run = _Run({model.node.at: model for model in models}, takes_away, how, stopping)
    if models:
        run.model(models[0], ())
    return Followed(run.found, {at: frozenset(places) for at, places in run.crossing.items()})


class _Run:
    """Tensors are numbers: a layer that returns what it was given returns the number."""

    def __init__(self, models: Mapping[Pointer, Model], takes_away: bool, how: Joining, stopping: frozenset[str]) -> None:
        self._models, self._takes_away, self._how, self._stopping = models, takes_away, how, stopping
        self._orders: dict[Pointer, list[tuple[Layer, int]]] = {}
        self._stated: set[tuple[Pointer, int]] = set()
        self._masked: set[int] = set()
        self._count, self._depth, self._followed = NOTHING, 0, 0
        self.found: dict[tuple[Pointer, int], tuple[bool, ...]] = {}
        self.crossing: dict[Pointer, set[Place]] = defaultdict(set)

    def model(self, model: Model, given: Sequence[int]) -> list[int]:
        """The outputs for these inputs."""
        begins = [source.layer for source in model.endpoints("input_layers")] if model.functional else [FIRST]
        masked = {(name, 0) for name, number in zip(begins, given, strict=False) if number in self._masked}
        self.crossing[model.node.at] |= masked
        if not model.functional:
            return self._stack(model, given)
        made = {(name, 0): [number] for name, number in zip(begins, given, strict=False)}
        for layer, index in self._order(model):
            taken = [_one(made, source) for source in layer.calls[index]]
            made[layer.key, index] = self._call(layer, index, taken)
        return [_one(made, source) for source in model.endpoints("output_layers")]

    def _inside(self, model: Model, given: Sequence[int]) -> list[int]:
        self._depth += 1
        self._followed += len(model.layers)
        if self._depth > DEEPEST or self._followed > MOST:
            raise TooManyCalls
        made = self.model(model, given)
        self._depth -= 1
        return made

    def _stack(self, model: Model, given: Sequence[int]) -> list[int]:
        made = [*given[:1]] or [NOTHING]
        for layer in model.layers:
            made = made if layer.class_name == "InputLayer" else self._call(layer, 0, made[:1])
        return made

    def _order(self, model: Model) -> list[tuple[Layer, int]]:
        at = model.node.at
        if at not in self._orders:
            self._orders[at] = [*in_order(model)]
            self._stated |= stated_masks(model)
        return self._orders[at]

    def _call(self, layer: Layer, index: int, taken: list[int]) -> list[int]:
        self._count += 1
        come = tuple(number in self._masked for number in taken)
        place = (layer.at, index)
        self.found[place] = tuple(map(or_, come, self.found.get(place, come)))
        inner = self._models.get(layer.at)
        if inner is not None:
            self._masked.update(
                number for number, told in zip(taken, told_to_model(layer, index), strict=False) if told and number != NOTHING
            )
            returned = self._inside(inner, taken)
            if not self._masked.isdisjoint(returned):
                self.crossing[layer.container].add((layer.key, index))
            return returned
        if layer.class_name in RETURNING - self._stopping and len(taken) == 1:
            return taken
        if makes_masked(layer, come, place in self._stated, self._stopping, self._how):
            self._masked.add(self._count)
        made = self._count
        if self._takes_away and layer.class_name == CLASS:
            self._masked.difference_update(taken)
        return [made]


def _one(made: Mapping[tuple[str, int], list[int]], source: Source) -> int:
    found = made.get((source.layer, source.call), ())
    return found[source.output] if 0 <= source.output < len(found) else NOTHING
