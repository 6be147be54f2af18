from __future__ import annotations

from math import prod

import numpy as np
import pytest

from kdoctor.archive.writing.boxes import Box, close, extents, runs, slabs, span, whole

SHAPES = [(), (1,), (7,), (0,), (3, 0, 2), (4, 5), (1, 1, 9), (5, 1, 3, 2), (2, 3, 4, 5)]


def cut(array: np.ndarray, box: Box) -> np.ndarray:
    return array[tuple(slice(*place) for place in box)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("limit", [0, 1, 5, 1000])
def test_slabs_are_small_and_fill_the_array_in_order(shape: tuple[int, ...], limit: int) -> None:
    array = np.arange(prod(shape)).reshape(shape)
    found = [*slabs(whole(shape), limit)]
    assert all(prod(extents(box)) <= max(1, limit) for box in found)
    assert [number for box in found for number in cut(array, box).ravel()] == [*range(prod(shape))]


@pytest.mark.parametrize("shape", SHAPES)
def test_runs_hold_exactly_the_elements_between_two_places(shape: tuple[int, ...]) -> None:
    array = np.arange(prod(shape)).reshape(shape)
    for first in range(prod(shape) + 1):
        for last in range(first, prod(shape) + 1):
            found = [number for box in runs(shape, first, last) for number in cut(array, box).ravel()]
            assert found == [*range(first, last)]


@pytest.mark.parametrize("limit", [1, 4, 30])
def test_boxes_with_gaps_are_cut_until_little_lies_between_their_ends(limit: int) -> None:
    array, box = np.arange(120).reshape(2, 3, 4, 5), ((0, 2), (1, 3), (1, 3), (2, 5))
    found = [*close((2, 3, 4, 5), box, limit)]
    for inner in found:
        first, last = span((2, 3, 4, 5), inner)
        assert (first, last - 1) == (cut(array, inner).min(), cut(array, inner).max())
        assert last - first <= limit or last - first == prod(extents(inner))
    assert [number for inner in found for number in cut(array, inner).ravel()] == [*cut(array, box).ravel()]
