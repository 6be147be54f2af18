"""Which tensors have a mask while a Functional runs in Keras 3.8 and later, whose MultiHeadAttention takes it from what it is given.

Run in 3.8.0 and 3.15.1 with files of Keras 2.15 and of 3.0.5 to 3.7.0: a file of Keras 2 states no masks, and layers that take one as ``mask`` are told
theirs when the model is put together; one of Keras 3 states them in each call, and what it states as null is asked of the tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from kdoctor.graph.masks import OF_ALL, OF_QUERIES, ONE_BY_ONE, RECURRENT, makes_mask, returns_steps
from kdoctor.graph.merged_masks import CONCATENATE, LAST, MASK, Joining
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.pointer import Pointer
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

CLASS: Final = "MultiHeadAttention"
# They are told a mask when the model is put together, and hand that one on.
TOLD: Final = RECURRENT | {"BatchNormalization", "Softmax", "TimeDistributed"}
# What they return when the model predicts is what they were given, the same tensor.
RETURNING: Final = frozenset(
    """ActivityRegularization AlphaDropout Dropout GaussianDropout GaussianNoise Identity SpatialDropout1D SpatialDropout2D
    SpatialDropout3D""".split()  # noqa: SIM905 (a table)
)
MERGING: Final = OF_ALL | OF_QUERIES | {CONCATENATE}  # they take a list of tensors
Place: TypeAlias = "tuple[str, int]"  # what a call of a layer makes


def stated_masks(model: Model) -> set[tuple[Pointer, int]]:
    """The calls, by place and number, that are told a mask which their layer hands on."""
    return {
        (layer.at, index)
        for layer in model.layers
        if layer.class_name in TOLD
        for index, arguments in enumerate(given_to(layer))
        if any(argument.name == MASK for argument in arguments)
    }


def told_to_model(layer: Layer, index: int) -> tuple[bool, ...]:
    """Which inputs of a nested model a call states a mask for; ``call`` of models/functional.py (3.3.3, 3.15.1) gives it to the tensor itself."""
    nodes = layer.node.raw.get("inbound_nodes")
    node = nodes[index] if isinstance(nodes, list) and index < len(nodes) else None
    named = node.get("kwargs") if isinstance(node, dict) else None
    told = named.get(MASK) if isinstance(named, dict) else None
    return tuple(one is not None for one in (told if isinstance(told, list) else [told]))


def makes_masked(
    layer: Layer, come: Sequence[bool], told: bool, stopping: frozenset[str] = frozenset(), how: Joining = Joining.ANY
) -> bool:
    """Whether what a call makes has a mask that may hide a step: one comes with these of its tensors, or it is ``told`` one."""
    if makes_mask(layer):
        return True
    if not come or of_keras_3(layer.node):
        return False
    if layer.class_name in TOLD:
        return (told or come[0]) and (layer.class_name not in RECURRENT or returns_steps(layer))
    if layer.class_name in MERGING:
        return _joins(layer, come, how)
    return layer.class_name in ONE_BY_ONE - stopping and come[0]


def _joins(layer: Layer, come: Sequence[bool], how: Joining) -> bool:
    """Since Keras 3.4 what is joined along the features with a tensor without a mask has one that hides nothing."""
    if layer.class_name in OF_QUERIES:
        return how is not Joining.NONE and come[0]
    return how is not Joining.NONE and (any(come) if in_a_row(layer) or how is Joining.ALL else all(come))


def in_a_row(layer: Layer) -> bool:
    """Whether it puts steps behind steps, and not features beside features."""
    return layer.class_name == CONCATENATE and layer.node.config.get("axis", -1) not in LAST


class Running:
    """Which tensors have a mask while a model that Keras 2 saved runs in Keras 3.8 or later (of Keras 3: `masks_of_calls`).

    ``told``: whether a call was told a mask when the model was put together; ``stopping``: layers that hand none on.
    """

    def __init__(self, told: Callable[[Layer, int], bool], stopping: frozenset[str] = frozenset()) -> None:
        self._told, self._stopping = told, stopping
        self._same: dict[Place, Place] = {}
        self._masked: set[Place] = set()

    def has(self, source: Source) -> bool:
        return self._tensor(source) in self._masked

    def _tensor(self, source: Source) -> Place:
        place = (source.layer, source.call)
        return self._same.get(place, place)

    def call(self, layer: Layer, index: int) -> None:
        call, made = layer.calls[index], (layer.key, index)
        if layer.class_name in RETURNING and len(call) == 1:
            self._same[made] = self._tensor(call[0])
        elif makes_masked(layer, self._come(layer, index), False, self._stopping):
            self._masked.add(made)
        if layer.class_name == CLASS:
            self._masked.difference_update(map(self._tensor, call))

    def _come(self, layer: Layer, index: int) -> tuple[bool, ...]:
        come = tuple(map(self.has, layer.calls[index]))
        return (self._told(layer, index), *come[1:]) if come and layer.class_name in TOLD else come


def in_order(model: Model) -> Iterator[tuple[Layer, int]]:
    """The calls as Keras runs them: those farther from the outputs first."""
    calls: dict[Place, Layer] = {(layer.key, index): layer for layer in model.layers for index in range(len(layer.calls))}
    depths = _depths(calls)
    yield from ((calls[place], place[1]) for place in sorted(calls, key=lambda place: -depths[place]))


def _depths(calls: Mapping[Place, Layer]) -> dict[Place, int]:
    """How many calls stand between each and the outputs at most: one behind all that take what it makes."""
    left = dict.fromkeys(calls, 0)
    for (_, index), layer in calls.items():
        for source in {(one.layer, one.call) for one in layer.calls[index]} & calls.keys():
            left[source] += 1
    depths = dict.fromkeys(calls, 0)
    ready = [place for place, users in left.items() if not users]
    while ready:
        place = ready.pop()
        for source in {(one.layer, one.call) for one in calls[place].calls[place[1]]} & calls.keys():
            depths[source] = max(depths[source], depths[place] + 1)
            left[source] -= 1
            if not left[source]:
                ready.append(source)
    return depths
