"""Tensors that a nested model's inputs are not for, against the installed Keras."""

from __future__ import annotations

import keras
import numpy
import pytest

from kdoctor.graph.input_alignment import misaligned
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node

Shape = tuple[int | None, ...]


@pytest.mark.parametrize(
    ("wanted", "given", "order"),
    [
        ([(None, 4), (None, 6)], [(None, 4), (None, 6)], None),
        ([(None, 4), (None, 6)], [(None, 6), (None, 4)], "2, 1"),
        ([(None, 4), (None, 4, 6)], [(None, 4, 6), (None, 4)], "2, 1"),
        ([(None, 4), (None, None)], [(None, 6), (None, 4)], "2, 1"),
        ([(None, 4), (None, 6)], [(None, 4), (None, 5)], ""),
        ([(None, 4), (None, 4)], [(None, 4), (None, 4, 1)], None),
        ([(None, 4, 1)], [(None, 4)], None),
        ([(None, 4, 2)], [(None, 4)], ""),
        ([(None, 1)], [(None,)], None),
    ],
)
def test_what_keras_refuses_is_named_with_the_order_in_which_it_fits(wanted: list[Shape], given: list[Shape], order: str | None) -> None:
    starts = [keras.Input(batch_shape=shape, name=f"in_{index}") for index, shape in enumerate(wanted)]
    nested = keras.Model(starts, [keras.layers.ReLU()(start) for start in starts], name="nested")
    node = as_node(keras.saving.serialize_keras_object(nested), Pointer("config"))
    assert node is not None
    found = list(misaligned(node, (tuple(given),)))
    theirs = refused(nested, given)
    assert (theirs is None) == (order is None) == (not found)
    for one in found:
        assert one.keras_says.removeprefix("ValueError: ") in str(theirs)
        assert (f"in the order {order} its tensors would fit" in one.message) is bool(order)


def refused(nested: keras.Model, given: list[Shape]) -> str | None:
    """What Keras says when a model is made with the nested one, or when it is called."""
    starts = [keras.Input(batch_shape=shape) for shape in given]
    try:
        keras.Model(starts, nested(starts))([numpy.zeros([length or 2 for length in shape]) for shape in given])
    except ValueError as error:
        return str(error)
    return None


def test_an_order_is_told_only_where_there_is_no_other() -> None:
    starts = [keras.Input((length,), name=f"in_{length}_{index}") for index, length in enumerate((4, 6, 6))]
    nested = keras.Model(starts, [keras.layers.ReLU()(start) for start in starts])
    node = as_node(keras.saving.serialize_keras_object(nested), Pointer("config"))
    assert node is not None
    (found,) = misaligned(node, (((None, 6), (None, 4), (None, 6)),))
    assert "order" not in found.message
