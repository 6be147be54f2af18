"""What the optimizer's state tells of a kernel: an array of each slot has the shape that the kernel had when it was trained."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

from kdoctor.document import Document
from kdoctor.structure.objects import Node
from kdoctor.structure.sequential import FEATURE_AXIS, kernel_of
from kdoctor.weights.optimizer_state import state_arrays

Shape: TypeAlias = tuple[int, ...]
DAMAGED = "the optimizer's state was kept for a kernel of another length: the stored one may have lost rows"


def contradicted(document: Document, layer: Node) -> bool:
    """Whether the state has an array that differs from the kernel in the length of the features axis alone, and is no other variable's."""
    axis, kernel = FEATURE_AXIS.get(layer.class_name), kernel_of(document, layer)
    if axis is None or kernel is None:
        return False
    axis %= len(kernel)
    return any(len(shape) == len(kernel) and _beside(shape, axis) == _beside(kernel, axis) for shape in _of_no_variable(document))


@lru_cache(maxsize=4)
def _of_no_variable(document: Document) -> frozenset[Shape]:
    """The shapes in the state that no array of the model has."""
    state = state_arrays(document)
    return _in_the_state(document) - {weight.shape for path, weight in document.weights.items() if path not in state}


def confirmed(document: Document, layer: Node) -> bool:
    """Whether the state has an array of the kernel's own shape: the optimizer kept it for that kernel, which is whole then."""
    return kernel_of(document, layer) in _in_the_state(document)


@lru_cache(maxsize=4)
def _in_the_state(document: Document) -> frozenset[Shape]:
    return frozenset(weight.shape for weight in state_arrays(document).values())


def _beside(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])
