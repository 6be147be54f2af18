"""Which tensors have a mask while a model of Keras 3 runs, with the models nested in it: those hand masks in and out that no call states.

A nested model takes no mask and makes none when a model is put together ("does not support masking and will therefore destroy the mask information"),
and its layers see the masks of the tensors that they get when it runs. Run in 3.5.0, 3.7.0 and 3.15.1.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from kdoctor.graph.masks import OF_QUERIES, makes_mask
from kdoctor.graph.merged_masks import Joining, Place
from kdoctor.graph.running_masks import CLASS, MERGING, RETURNING, in_a_row, in_order, makes_masked, stated_masks, told_to_model
from kdoctor.keras_api.variables.table import DEEPEST
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

MOST_MASKS: Final = 64  # that one is followed to; what joins more is one of its own
MOST: Final = 20_000  # layers of nested models that are followed: these are run each time that they are called
FIRST: Final = ""  # the one input of a Sequential
NOTHING: Final = 0  # the number of a tensor that is not followed; it has no mask
# The masks that come with a tensor together, by the number of the call that made each; none: every step counts
Comes: TypeAlias = "frozenset[int]"
Calls: TypeAlias = "Mapping[tuple[Pointer, int], tuple[Comes, ...]]"
NO_MASK: Final[Comes] = frozenset()


class Rules(NamedTuple):
    """What a Keras makes of masks: whether a MultiHeadAttention takes them from what it is given, how they are joined, which layers hand none on.

    ``told``: the calls of a model that were told a mask when it was put together, which their layers hand on; these are those that ``handed``
    has for the call. A call of a model in it hands them in, and those that the file states.
    """

    takes_away: bool
    how: Joining = Joining.ANY
    stopping: frozenset[str] = frozenset()
    told: Callable[[Model], set[tuple[Pointer, int]]] = stated_masks
    handed: Calls = MappingProxyType({})


class Followed(NamedTuple):
    """``crossing``: for each model, by its place, the inputs with which a mask comes from outside, and the calls of models in it that hand one out."""

    calls: Calls
    crossing: Mapping[Pointer, frozenset[Place]]


class TooManyCalls(Exception):
    """Models call models so often, or stand so deep in each other, that they are not followed."""


def masks_of_calls(models: Sequence[Model], rules: Rules) -> Calls:
    """For each call of each layer, by place and number, the masks that come with each of its tensors, at any time that it is run.

    models: of a document, the outermost first, or one without those that are nested in it.
    Raises `TooManyCalls`; of one model never.
    """
    return followed(models, rules).calls


def followed(models: Sequence[Model], rules: Rules) -> Followed:
    """The same, and the masks that go from one model into another."""
    run = _Run({model.node.at: model for model in models}, rules)
    if models:
        run.model(models[0], range(-1, -1 - len(models[0].endpoints("input_layers")), -1))
    found = {place: tuple(map(frozenset, masks)) for place, masks in run.found.items()}
    return Followed(found, {at: frozenset(places) for at, places in run.crossing.items()})


class _Run:
    """Tensors are numbers: a layer that returns what it was given returns the number."""

    def __init__(self, models: Mapping[Pointer, Model], rules: Rules) -> None:
        self._models, self._rules = models, rules
        self._orders: dict[Pointer, list[tuple[Layer, int]]] = {}
        self._stated: set[tuple[Pointer, int]] = set()
        self._masks: dict[int, Comes] = {}
        self._makers: dict[tuple[str, tuple[int, ...], str], int] = {}
        self._count, self._depth, self._followed = NOTHING, 0, 0
        self.found: dict[tuple[Pointer, int], tuple[set[int], ...]] = {}
        self.crossing: dict[Pointer, set[Place]] = defaultdict(set)

    def model(self, model: Model, given: Sequence[int]) -> list[int]:
        """The outputs for these inputs."""
        begins = [source.layer for source in model.endpoints("input_layers")] if model.functional else [FIRST]
        masked = {(name, 0) for name, number in zip(begins, given, strict=False) if number in self._masks}
        self.crossing[model.node.at] |= masked
        if not model.functional:
            return self._stack(model, given)
        made = {(name, 0): [number] for name, number in zip(begins, given, strict=False)}
        for layer, index in self._order(model):
            taken = [_one(made, source) for source in layer.calls[index]]
            made[layer.key, index] = self._call(layer, index, taken)
        ends = model.endpoints("output_layers")
        return [_one(made, end if (end.layer, end.call) in made else end._replace(call=end.call - 1)) for end in ends]

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
            self._stated |= self._rules.told(model)
        return self._orders[at]

    def _call(self, layer: Layer, index: int, taken: list[int]) -> list[int]:
        self._count += 1
        come = tuple(self._masks.get(number, NO_MASK) for number in taken)
        place = (layer.at, index)
        if place not in self.found:
            self.found[place] = tuple(map(set, come))
        for found, masks in zip(self.found[place], come, strict=False):
            found |= masks
        inner = self._models.get(layer.at)
        if inner is not None:
            self._hand_in(layer, index, taken)
            returned = self._inside(inner, taken)
            if not self._masks.keys().isdisjoint(returned):
                self.crossing[layer.container].add((layer.key, index))
            return returned
        if layer.class_name in RETURNING - self._rules.stopping and len(taken) == 1:
            return taken
        made = self._count
        if makes_masked(layer, tuple(map(bool, come)), place in self._stated, self._rules.stopping, self._rules.how):
            self._masks[made] = self._made(layer, come if any(come) else self._told(place), taken)
        if self._rules.takes_away and layer.class_name == CLASS:
            for number in taken:
                self._masks.pop(number, None)
        return [made]

    def _told(self, place: tuple[Pointer, int]) -> tuple[Comes, ...]:
        return self._rules.handed.get(place, ()) if place in self._stated else ()

    def _hand_in(self, layer: Layer, index: int, taken: list[int]) -> None:
        """Give what a nested model takes the masks that its call was told."""
        handed = zip(taken, self._told((layer.at, index)), strict=False)
        self._masks.update((number, masks) for number, masks in handed if masks and number != NOTHING)
        for number, told in zip(taken, told_to_model(layer, index), strict=False):
            if told and number != NOTHING:
                self._masks.setdefault(number, frozenset({number}))

    def _made(self, layer: Layer, come: tuple[Comes, ...], taken: Sequence[int]) -> Comes:
        """The masks of what a call makes, of which there is one; since Keras 3.4 different ones that are joined make another."""
        own: Comes = frozenset({self._count})
        if makes_mask(layer):
            made = (layer.class_name, tuple(taken), repr(layer.node.config.get("mask_value", 0)))
            return own if not taken or NOTHING in taken else frozenset({self._makers.setdefault(made, self._count)})
        if not any(come):
            return own
        together: Comes = frozenset().union(*come)
        if layer.class_name not in MERGING - OF_QUERIES:
            return come[0] or own
        if in_a_row(layer):
            return own | together if len(together) < MOST_MASKS else own
        if self._rules.how is Joining.ALL:
            return together if len(together) <= MOST_MASKS else own
        return come[0] if len({*come}) == 1 else own


def counted_from_0(model: Model) -> Model:
    """The model with each call of a model in it by the number that Keras 3 gives it: Keras 2 counts these from 1."""
    calls = {layer.key: len(layer.calls) for layer in model.layers if is_model(layer.node)}
    used = (source for layer in model.layers for call in layer.calls for source in call) if calls else ()
    late = {source.layer for source in used if source.call >= calls.get(source.layer, MOST)}
    if not late:
        return model
    less = [
        layer._replace(calls=tuple(tuple(one._replace(call=one.call - (one.layer in late)) for one in call) for call in layer.calls))
        for layer in model.layers
    ]
    return model._replace(layers=tuple(less))


def _one(made: Mapping[tuple[str, int], list[int]], source: Source) -> int:
    found = made.get((source.layer, source.call), ())
    return found[source.output] if 0 <= source.output < len(found) else NOTHING
