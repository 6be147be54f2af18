"""Choices between tensors, number by number: ``tf.where``, and what Keras's backend calls switch."""

from __future__ import annotations

from typing import Any

from kdoctor.translate.graph import Graph
from kdoctor.translate.rows.words import TENSORFLOW_2, Rows, array, operand, pair, tensor
from kdoctor.translate.values import Tensor, Untranslatable, Value, tensors_in


def where(g: Graph, condition: Value, x: Value = None, y: Value = None) -> Value:
    if x is None or y is None:
        raise Untranslatable("where with a condition alone returns as many rows as are true, which Keras has no operation for")
    left, right = pair(g, x, y)
    given = tensors_in([left, right])
    test = _constant(condition, given) if given and not tensors_in([condition]) else tensor(condition)
    if str(test.dtype) != "bool":
        raise Untranslatable("a condition that is not known to be of truth values")
    if not isinstance(left, Tensor) and not isinstance(right, Tensor):
        left, right = (_of_dtype(each) for each in (left, right))
    return g("Where", test, left, right)


def where_of_either(g: Graph, condition: Value, x: Value = None, y: Value = None) -> Value:
    """``tf.where``: TensorFlow 1 chose whole rows by a condition of one axis, 2 spreads it along the last one; files before Keras 2.4 are of either."""
    old = g.keras_minor is None or g.keras_minor < TENSORFLOW_2
    rank = condition.rank if isinstance(condition, Tensor) else array(condition).ndim if not tensors_in([condition]) else None
    if old and rank == 1 and any(each.rank > 1 for each in tensors_in([x, y])):
        raise Untranslatable("where by a condition of one axis, which TensorFlow 1 did otherwise than 2, and the file may be of either")
    return where(g, condition, x, y)


def _constant(condition: Value, given: list[Tensor]) -> Any:
    """A condition of constants, which is spread over what it chooses from, and makes nothing longer."""
    found = array(condition)
    for each in given:
        lengths = (each.shape or ())[max(0, len(each.shape or ()) - found.ndim) :]
        longer = any(own not in (1, length) for own, length in zip(found.shape, lengths, strict=False))
        if len(lengths) != found.ndim or longer:
            raise Untranslatable("a condition of constants that is not as long as what it chooses from")
    return found


def _of_dtype(value: Value) -> Value:
    """Two bare numbers are what TensorFlow makes of them."""
    import numpy

    return numpy.asarray(value, "float32" if isinstance(value, float) else None if hasattr(value, "dtype") else "int32")


def v1_where(g: Graph, condition: Value, x: Value = None, y: Value = None) -> Value:
    """Without broadcasting: a condition of one axis chose whole rows."""
    shapes = [each.shape for each in (condition, x, y) if isinstance(each, Tensor)]
    if None in shapes or len({len(shape) for shape in shapes if shape is not None}) != 1:
        raise Untranslatable("tf.compat.v1.where between arrays of different ranks")
    return where(g, condition, x, y)


def switch(g: Graph, condition: Value, then_expression: Value, else_expression: Value) -> Value:
    """A condition of fewer axes chooses whole rows; one of a single axis did so up to TensorFlow 1 alone."""
    test, given = tensor(condition), [operand(g, each, None) for each in (then_expression, else_expression)]
    rank, other = (each.rank if isinstance(each, Tensor) else len(array(each).shape) for each in given)
    if test.rank > rank or other > rank:
        raise Untranslatable("switch between tensors of fewer axes than the condition, or than each other")
    if test.rank == 1 < rank:
        raise Untranslatable("switch by a condition of one axis, which each release spreads along another")
    for _ in range(rank - test.rank if test.rank else 0):
        test = g("ExpandDims", test, axis=-1)
    return where(g, test, *given)


ROWS: Rows = {"tf.where": where_of_either, "tf.compat.v1.where": v1_where, "K.switch": switch}
