"""What Adafactor keeps of each variable: the halves of a matrix, and all of it; of a vector all of it, and in Keras 3 two numbers that say nothing.

Read in ``build`` of keras/src/optimizers/adafactor.py of 2.15.0 and 3.15.1: Keras 2 makes the two numbers as well, and stores them nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kdoctor.document import Weight
from kdoctor.recipe import constant

NAME: Final = "Adafactor"
MATRIX: Final = 2  # axes
KEPT: Final = 3  # arrays of a matrix: by rows, by columns, whole


def filled(stored: Sequence[Weight], trained: Sequence[Weight], *, bare: bool) -> tuple[Weight, ...] | None:
    """The list of Keras 2, behind its counters, as Keras 3 has it; None where it is not that of these variables.

    ``bare``: whether the two numbers are kept, as they are by an Adafactor that no LossScaleOptimizer holds.
    """
    nothing = (Weight.made(constant(0, (), "int32")),) * 2 if bare else ()
    made: list[Weight] = []
    start = 0
    for variable in trained:
        shape = variable.shape
        matrix = len(shape) >= MATRIX
        own = tuple(stored[start : start + (KEPT if matrix else 1)])
        start += len(own)
        if [one.shape for one in own] != ([shape[:-1], (*shape[:-2], shape[-1]), shape] if matrix else [shape]):
            return None
        made += own if matrix else (*nothing, *own)
    return tuple(made) if start == len(stored) else None
