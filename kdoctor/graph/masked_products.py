"""Products of masked steps: since Keras 3.4 a Multiply, Maximum or Minimum leaves the steps that a mask hides out of its values.

``_merge_function`` of merging/multiply.py and ``_apply_merge_op_and_or_mask`` of merging/base_merge.py, 3.4.1 to 3.15.1: a hidden step of one input
counts as 1, or as that of the others, and all before multiplied what is there. A model of each, saved by 2.15 and by 3.0.5, was run in 3.15.1.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from kdoctor.graph.hidden_steps import STEPWISE, Way, counting, users_of
from kdoctor.graph.masks import makes_mask
from kdoctor.graph.merged_masks import HEEDING, Joining, Mask, Place, masks_of
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model

MULTIPLY: Final = "Multiply"
PRODUCTS: Final = frozenset({MULTIPLY, "Maximum", "Minimum"})


class Product(NamedTuple):
    """A call of such a layer, and whether anything behind it heeds a mask."""

    layer: Layer
    call: int
    heeded: bool


def masked_products(model: Model, saved: Joining, given: Collection[Place] = ()) -> Iterator[Product]:
    """Those of a Functional whose hidden steps got to what counted them in the Keras that saved it; ``given``: as of `masks_of`."""
    products = [layer for layer in model.layers if layer.class_name in PRODUCTS and not of_keras_3(layer.node)]
    if not products or not (given or any(map(makes_mask, model.layers))):
        return
    masks, heard, users = masks_of(model, Joining.ANY, None, given), masks_of(model, saved, None, given), users_of(model)
    ends = {(source.layer, source.call) for source in model.endpoints("output_layers")}
    heeded = Way(users, lambda place: any(layer.class_name in HEEDING for layer, _ in users.get(place, ())), lambda layer: True)
    counted: dict[Mask, Way] = {}
    for layer in products:
        for index, call in enumerate(layer.calls):
            if layer.class_name != MULTIPLY and len({*call}) == 1:
                continue  # the largest of a tensor and itself is what it was, hidden or not
            hidden: Mask = frozenset().union(*map(masks, call))
            if hidden not in counted:
                counted[hidden] = Way(users, counting(hidden, heard, users, ends), lambda layer: layer.class_name in STEPWISE)
            if hidden and counted[hidden].begins_at((layer.key, index)):
                yield Product(layer, index, heeded.begins_at((layer.key, index)))
