"""LayerNormalization over axes that are not in ascending order: until Keras 3.13 its arrays have their lengths in the order of ``axis``, then ascending.

``build`` of layers/normalization/layer_normalization.py, read in 3.6.0 to 3.15.1. When called, all of them give the numbers, in the order in which
they stand, the shape of the input's axes (``reshape``): the same arrays under other lengths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kdoctor.check import Repair
from kdoctor.document import Weight
from kdoctor.edit import Edit
from kdoctor.keras_api import habits
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.pointer import Pointer
from kdoctor.recipe import reshape
from kdoctor.structure.objects import Node
from kdoctor.target import Target

CLASS: Final = "LayerNormalization"


def is_as_listed(node: Node, wrong: Sequence[tuple[Variable, str, Weight]]) -> bool:
    """Whether the arrays have the lengths that Keras until 3.13 gives them."""
    axis = node.config.get("axis")
    if node.class_name != CLASS or not isinstance(axis, list) or any(type(one) is not int for one in axis) or axis == sorted(axis):
        return False
    places = [sorted(axis).index(one) for one in axis]
    return all(
        variable.shape is not None
        and len(variable.shape) == len(axis)
        and tuple(weight.shape) == tuple(variable.shape[place] for place in places)
        for variable, _, weight in wrong
    )


def keeps_order(target: Target) -> bool:
    """Whether the target takes them so."""
    return not habits.SORTS_NORMALIZED_AXES.of(target)


def sorted_axes(node: Node, wrong: Sequence[tuple[Variable, str, Weight]]) -> Repair:
    """The axes in ascending order, which computes the same in every Keras, and the arrays under their lengths."""
    axis = node.config["axis"]
    places = [axis.index(one) for one in sorted(axis)]
    listed = Edit(node.at / "config" / "axis", old=axis, new=sorted(axis))
    arrays = [
        Edit(Pointer("weights", (path,)), old=weight, new=Weight.made(reshape(weight.numbers, [weight.shape[place] for place in places])))
        for _, path, weight in wrong
    ]
    return Repair("write the axes in ascending order, and the arrays under their lengths", (listed, *arrays))
