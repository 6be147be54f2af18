"""A length that is known only when the model runs, as a number that a model can compute with."""

from __future__ import annotations

from kdoctor.translate.graph import Graph
from kdoctor.translate.values import Dim, Untranslatable, Value


def length_as_number(g: Graph, length: Dim, dtype: str) -> Value:
    """``tf.cast(tf.shape(x)[0], tf.float32)``: as many ones as the axis is long, summed up."""
    model = length.tensor
    if model is None or dtype not in ("float32", "float64", "int32", "int64"):
        raise Untranslatable("it computes with a length that is known only when the model runs")
    column = g("GetItem", model, tuple(slice(None) if axis == length.axis else 0 for axis in range(model.rank)))
    return g("Sum", g("OnesLike", g("Cast", column, dtype=dtype)), axis=None, keepdims=False)
