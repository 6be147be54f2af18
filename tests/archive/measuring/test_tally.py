"""What is counted of numbers, against what numpy says of all of them at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kdoctor.archive.measuring.tally import CACHED_NUMBERS, Tally

DICE = np.random.default_rng(0)
MANY = DICE.normal(size=CACHED_NUMBERS * 2 + 17)


def tallied(array: Any, dtype: str = "") -> Any:
    tally = Tally(dtype or array.dtype.name)
    tally.add(array)
    return tally.numbers()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_is_rare_is_counted_wherever_it_stands(dtype: str) -> None:
    array = MANY.astype(dtype)
    tiny = np.finfo(dtype).smallest_subnormal
    array[[5, 70_000, 200_000]], array[[6, 140_000]], array[[7, 8]], array[9] = 0, np.nan, [np.inf, -np.inf], tiny
    found = tallied(array)
    assert (found.count, found.nan, found.infinite, found.zeros) == (array.size, 2, 2, int(np.count_nonzero(array == 0)))
    assert found.denormals == int(np.count_nonzero((abs(array) < np.finfo(dtype).tiny) & (array != 0)))
    there = array[np.isfinite(array)]
    assert (found.least, found.most) == (float(there.min()), float(there.max()))
    assert found.mean == pytest.approx(float(there.astype("f8").mean()), abs=1e-5)


def test_finite_numbers_whose_sum_is_none_are_not_called_infinite() -> None:
    found = tallied(np.full(1000, 3e38, "f4"))
    assert (found.nan, found.infinite, found.count, found.beyond_half) == (0, 0, 1000, 1000)
    assert found.mean == pytest.approx(3e38, rel=1e-6)


def test_numbers_of_bfloat16_are_those_that_their_bits_stand_for() -> None:
    numbers = np.array([1.0, -2.5, 0.0, np.nan], "f4")
    found = tallied((numbers.view("u4") >> 16).astype("u2"), "bfloat16")
    assert (found.count, found.nan, found.zeros, found.least, found.most) == (4, 1, 1, -2.5, 1.0)


@pytest.mark.parametrize("array", [np.array([3, 0, 5], "i8"), np.array([1, 0, 200], "u1"), np.array([True, False, True])])
def test_whole_numbers_are_counted_too(array: Any) -> None:
    found = tallied(array)
    assert (found.zeros, found.least, found.most, found.mean) == (1, array.min(), array.max(), pytest.approx(array.mean()))


def test_all_zeros_are_all_zeros() -> None:
    assert tallied(np.zeros(CACHED_NUMBERS + 1, "f4")).zeros == CACHED_NUMBERS + 1
