"""A BatchNormalization along several axes, which Keras 2 alone takes: the arrays of an ``.h5`` that 2.11 saved, and 2.15 loads."""

from __future__ import annotations

import pytest

from kdoctor.keras_api.variables.table import variables_of
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.testing import layer


@pytest.mark.parametrize(
    ("axis", "shape"), [([1, 3], (1, 6, 1, 3)), ([-1, 1], (1, 6, 1, 3)), ([3], (3,)), (3, (3,)), ([1, 2, 3], (1, 6, 5, 3))]
)
def test_several_axes_leave_a_one_for_each_other(axis: int | list[int], shape: tuple[int, ...]) -> None:
    node = as_node(layer("BatchNormalization", axis=axis), Pointer("config"))
    assert node is not None
    made = variables_of(node, ((None, 6, 5, 3),), lambda *_: None)
    assert made is not None
    assert {variable.shape for variable in made} == {shape}
    assert (variables_of(node, None, lambda *_: None) is None) == (len(shape) > 1)
