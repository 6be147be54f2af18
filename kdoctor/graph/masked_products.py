"""Products of masked steps: since Keras 3.4 a Multiply, Maximum or Minimum leaves the steps that a mask hides out of its values.

``_merge_function`` of merging/multiply.py and ``_apply_merge_op_and_or_mask`` of merging/base_merge.py, 3.4.1 to 3.15.1: a hidden step of one input
counts as 1, or as that of the others, and all before multiplied what is there. A model of each, saved by 2.15 and by 3.0.5, was run in 3.15.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from kdoctor.graph.masks import OF_ALL, ONE_BY_ONE, RECURRENT, makes_mask
from kdoctor.graph.merged_masks import HEEDING, Joining, Mask, Masks, masks_of
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model
from kdoctor.structure.sources import Source

PRODUCTS: Final = frozenset({"Multiply", "Maximum", "Minimum"})
# Layers that work on each step by itself: what a hidden one holds stays in it
STEPWISE: Final = (ONE_BY_ONE | OF_ALL) - {"Concatenate", "GroupNormalization", "MultiHeadAttention", "Softmax"}
SKIPPING: Final = RECURRENT | {"GlobalAveragePooling1D"}  # a hidden step changes nothing of what they make

Users: TypeAlias = "Mapping[tuple[str, int], list[tuple[Layer, int]]]"


class Product(NamedTuple):
    """A call of such a layer, and whether anything behind it heeds a mask."""

    layer: Layer
    call: int
    heeded: bool


def masked_products(model: Model, saved: Joining) -> Iterator[Product]:
    """Those of a Functional whose hidden steps got to what counted them in the Keras that saved it."""
    products = [layer for layer in model.layers if layer.class_name in PRODUCTS and not of_keras_3(layer.node)]
    if not products or not any(map(makes_mask, model.layers)):
        return
    masks, heard, users = masks_of(model, Joining.ANY), masks_of(model, saved), _users(model)
    ends = {(source.layer, source.call) for source in model.endpoints("output_layers")}
    for layer in products:
        for index, call in enumerate(layer.calls):
            hidden = frozenset().union(*map(masks, call))
            if hidden and _counts((layer.key, index), hidden, heard, users, ends):
                yield Product(layer, index, _is_heeded((layer.key, index), users))


def _users(model: Model) -> Users:
    """The calls that take what each call makes."""
    found: dict[tuple[str, int], list[tuple[Layer, int]]] = {}
    for layer in model.layers:
        for index, call in enumerate(layer.calls):
            for source in dict.fromkeys(call):
                found.setdefault((source.layer, source.call), []).append((layer, index))
    return found


def _counts(begin: tuple[str, int], hidden: Mask, heard: Masks, users: Users, ends: set[tuple[str, int]]) -> bool:
    """Whether a hidden step of what a call makes gets to anything that did not skip those steps."""
    todo, met = [begin], {begin}
    while todo:
        place = todo.pop()
        if place in ends:
            return True
        for layer, index in users.get(place, ()):
            if layer.class_name in SKIPPING:
                if not hidden <= heard(Source(*place, 0)):
                    return True
            elif layer.class_name not in STEPWISE:
                return True
            elif (layer.key, index) not in met:
                met.add((layer.key, index))
                todo.append((layer.key, index))
    return False


def _is_heeded(begin: tuple[str, int], users: Users) -> bool:
    todo, met = [begin], {begin}
    while todo:
        for layer, index in users.get(todo.pop(), ()):
            if layer.class_name in HEEDING:
                return True
            if (layer.key, index) not in met:
                met.add((layer.key, index))
                todo.append((layer.key, index))
    return False
