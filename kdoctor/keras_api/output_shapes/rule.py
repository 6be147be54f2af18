"""The words in which output shapes are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from kdoctor.keras_api.variables.variable import Shape, Shapes
from kdoctor.structure.objects import Node

Inner: TypeAlias = "Callable[[Node, Shapes], Shapes | None]"  # asks the same of a layer inside another one
Rule: TypeAlias = "Callable[[Node, Shapes, Inner], Shapes | None]"


class UnknownShape(ValueError):
    """A rule needs a shape that is not known; the layer's output is not known either."""


def one(shapes: Shapes) -> Shape:
    """The shape of the first input. Raises `UnknownShape`."""
    if not shapes or shapes[0] is None:
        raise UnknownShape
    return shapes[0]


def all_known(shapes: Shapes) -> list[Shape]:
    """The shapes of all inputs. Raises `UnknownShape`."""
    known = [shape for shape in shapes if shape is not None]
    if len(known) != len(shapes) or not known:
        raise UnknownShape
    return known


def same(node: Node, shapes: Shapes, inner: Inner) -> Shapes | None:
    """A layer that changes numbers, not their arrangement."""
    return (one(shapes),)
