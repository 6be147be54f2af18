"""Which mask comes to what heeds it in a Functional model, where merging layers join several: each line of Keras joins them otherwise.

Read in ``compute_mask`` of layers/merge.py and layers/merging (Keras 1.2.2 to 2.15), merging/base_merge.py and merging/concatenate.py (3.0.5 to
3.15.1); one model for each merging layer, with masks of one, both, or the same input, was run in 2.15, 3.0.5, 3.1.1, 3.3.3, 3.4.1, 3.5.0 and 3.15.1.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from kdoctor.document import Document
from kdoctor.graph.masks import ASKING, OF_ALL, OF_QUERIES, ONE_BY_ONE, RECURRENT, makes_mask, returns_steps
from kdoctor.keras_api import habits
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.saved_release import origin_of
from kdoctor.structure.connections import given_to
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source
from kdoctor.target import Target

CONCATENATE: Final = "Concatenate"
LAST: Final = (-1, 2)  # its axis, where it joins features of the same steps
# What a mask changes when the model predicts; a wrapper hands it to the layer that it holds
HEEDING: Final = ASKING - {"BatchNormalization", "TimeDistributed"}
MASK: Final = "mask"
# Layers that handed no mask on before Keras 3 (run in TensorFlow 2.3 to 2.15 and in 3.0.5 and 3.15.1), as ReLU did not before 2.6
STOPPING: Final = frozenset({"Identity", "Normalization", "Rescaling"})
MOST: Final = 64  # masks that one is followed to; what joins more is one of its own


class Joining(Enum):
    """A step counts where no input hides it; all steps count; or a step counts where any input shows it, all of them if one has no mask."""

    ALL = "keras 2"
    NONE = "keras 3.0"
    ANY = "keras 3.4"


class Made(NamedTuple):
    """A mask as an Embedding or a Masking makes it of one tensor; or one whose value is not followed, by the layer that makes it."""

    class_name: str
    of: Source
    value: str


Mask: TypeAlias = "frozenset[Made]"  # a step counts where all of them show it; none: every step counts
Place: TypeAlias = "tuple[str, int]"  # what a call of a layer makes: the layer's key, and which call
Masks: TypeAlias = "Callable[[Source], Mask]"
NO_MASK: Final[Mask] = frozenset()


class Heard(NamedTuple):
    """A call of a layer that heeds masks, and the mask that comes with each tensor that it works on."""

    layer: Layer
    call: int
    masks: tuple[Mask, ...]


def joinings(document: Document, target: Target) -> tuple[Joining, Joining] | None:
    """How the Keras that saved the file joins masks, and how the target does; None where the file does not tell who saved it."""
    saved = origin_of(document)
    return (joining(saved), joining(target.release if target.family == "keras" else "2.15")) if saved else None


def joining(release: str) -> Joining:
    """How the release joins masks, by its number."""
    if habits.SHOWS_WHAT_ANY_INPUT_SHOWS.at(release):
        return Joining.ANY
    return Joining.NONE if habits.JOINS_NO_MASKS.at(release) else Joining.ALL


def masks_of(model: Model, how: Joining, stopping: frozenset[str] | None = None, given: Collection[Place] = ()) -> Masks:
    """The mask that comes with each tensor of a Functional.

    ``stopping``: layers that hand none on, those of the Keras that joins so by default; ``given``: inputs with which a mask comes from outside, and calls of nested
    models from which one comes.
    """
    known = {(key, call): frozenset({Made("InputLayer", Source(key, call, 0), "given")}) for key, call in given}
    if stopping is None:
        stopping = STOPPING if how is Joining.ALL else frozenset()
    by_key = {layer.key: layer for layer in model.layers}
    by_key = {key: layer for key, layer in by_key.items() if layer.class_name not in stopping}
    return lambda source: _mask(by_key, source, how, known)


def heard(model: Model, how: Joining, stopping: frozenset[str] | None = None, given: Collection[Place] = ()) -> Iterator[Heard]:
    """Every call that heeds a mask, and is not told one as an argument."""
    masks = masks_of(model, how, stopping, given)
    for layer in model.layers:
        arguments = given_to(layer) if layer.class_name in HEEDING else ()
        for index, (call, named) in enumerate(zip(layer.calls, arguments, strict=False)):
            if MASK not in {argument.name for argument in named}:
                yield Heard(layer, index, tuple(map(masks, call)))


def _mask(by_key: Mapping[str, Layer], asked: Source, how: Joining, known: dict[tuple[str, int], Mask]) -> Mask:
    """The mask of a tensor, by way of an explicit stack: models are deeper than Python's."""
    todo = [(asked.layer, asked.call)]
    begun: set[tuple[str, int]] = set()
    while todo:
        key, call = todo[-1]
        layer = by_key.get(key)
        if (key, call) in known or layer is None or not 0 <= call < len(layer.calls):
            known.setdefault((key, call), NO_MASK)
            todo.pop()
            continue
        behind = [(one.layer, one.call) for one in layer.calls[call]] if _is_followed(layer) else []
        missing = [one for one in behind if one not in known]
        if missing and (key, call) not in begun:
            begun.add((key, call))
            todo += missing
            continue
        known[key, call] = _made(layer, call, [known.get(one, NO_MASK) for one in behind], how)
        todo.pop()
    return known[asked.layer, asked.call]


def _is_followed(layer: Layer) -> bool:
    followed = layer.class_name in ONE_BY_ONE | OF_ALL | OF_QUERIES | RECURRENT
    return followed and not makes_mask(layer) and not of_keras_3(layer.node)  # an operation hands no mask on


def _made(layer: Layer, call: int, masks: list[Mask], how: Joining) -> Mask:
    if makes_mask(layer):
        of = layer.calls[call][0] if len(layer.calls[call]) == 1 else Source(layer.key, call, 0)
        return frozenset({Made(layer.class_name, of, repr(layer.node.config.get("mask_value", 0)))})
    if not any(masks):
        return NO_MASK
    if layer.class_name in OF_ALL or layer.class_name == CONCATENATE:
        return _joined(layer, call, masks, how)
    if layer.class_name in OF_QUERIES:
        return NO_MASK if how is Joining.NONE else masks[0]
    handed_on = layer.class_name in ONE_BY_ONE or returns_steps(layer)
    return masks[0] if handed_on else NO_MASK


def _joined(layer: Layer, call: int, masks: list[Mask], how: Joining) -> Mask:
    own = frozenset({Made(layer.class_name, Source(layer.key, call, 0), how.value)})
    if how is Joining.NONE:
        return NO_MASK
    if layer.class_name == CONCATENATE and layer.node.config.get("axis", -1) not in LAST:
        return frozenset({Made(layer.class_name, Source(layer.key, call, 0), "in a row")})
    if how is Joining.ALL:
        together: Mask = frozenset().union(*masks)
        return together if len(together) <= MOST else own
    if not all(masks):
        return NO_MASK
    return masks[0] if len({*masks}) == 1 else own
