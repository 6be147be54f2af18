from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kdoctor.archive.writing import calculation
from kdoctor.archive.writing.boxes import Box, slabs, whole
from kdoctor.archive.writing.calculation import bits, numbers, values
from kdoctor.recipe import add, cast, constant, flip, join, part, reshape, scale, take, transpose
from kdoctor.recipe_json import from_json, to_json
from kdoctor.recipe_steps import Recipe, Take

Random = np.random.Generator


def made(recipe: Recipe, arrays: dict[str, Any], limit: int) -> Any:
    """The whole result, put together from slabs of at most ``limit`` elements."""

    def stored(taken: Take, box: Box) -> Any:
        return arrays[taken.path][tuple(slice(*place) for place in box)].copy()

    result = None
    for box in slabs(whole(recipe.shape), limit):
        found = values(recipe, box, stored)
        result = np.empty(recipe.shape, found.dtype) if result is None else result
        result[tuple(slice(*place) for place in box)] = found
    return result


def factors(number: int, random: Random) -> tuple[int, ...]:
    """A shape of so many elements."""
    shape: list[int] = []
    while number > 1:
        divisor = int(random.choice([each for each in range(2, number + 1) if number % each == 0]))
        shape.insert(int(random.integers(len(shape) + 1)), divisor)
        number //= divisor
    return (*shape, *[1] * int(random.integers(2)))


def grown(recipe: Recipe, expected: Any, arrays: dict[str, Any], random: Random) -> tuple[Recipe, Any]:
    """The recipe with a random step more, and what numpy makes of the same step."""
    axis = int(random.integers(expected.ndim)) if expected.ndim else None
    word = str(random.choice(["transpose", "reshape", "flip", "part", "join", "scale", "add", "cast"] if axis is not None else ["reshape"]))
    if word == "transpose":
        axes = [int(each) for each in random.permutation(expected.ndim)]
        return transpose(recipe, axes), expected.transpose(axes)
    if word == "reshape":
        shape = factors(expected.size, random) if expected.size else (0, *expected.shape)
        return reshape(recipe, shape), expected.reshape(shape)
    assert axis is not None
    start, stop = sorted(int(each) for each in random.integers(expected.shape[axis] + 1, size=2))
    section = (slice(None),) * axis + (slice(start, stop),)
    if word == "flip":
        return flip(recipe, [axis]), np.flip(expected, axis)
    if word == "part":
        return part(recipe, axis, start, stop), expected[section]
    if word == "scale":
        result = expected.copy()
        result[section] *= 1.2
        return scale(recipe, 1.2, axis, start, stop), result
    if word == "cast":
        dtype = str(random.choice(["float32", "float64"]))
        return cast(recipe, dtype), expected.astype(dtype)
    path = f"array{len(arrays)}"
    arrays[path] = random.standard_normal(expected.shape).astype(expected.dtype)
    other = take(path, expected.shape, str(expected.dtype))
    if word == "add":
        return add(recipe, other), expected + arrays[path]
    filler = constant(0.5, expected.shape, str(expected.dtype))
    return join(axis, [other, recipe, filler]), np.concatenate([arrays[path], expected, np.full_like(expected, 0.5)], axis)


@pytest.mark.parametrize("seed", range(120))
def test_random_recipes_make_what_numpy_makes_however_small_the_pieces(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(seed)
    shape = tuple(int(length) for length in random.integers(1, 6, size=random.integers(0, 4)))
    arrays: dict[str, Any] = {"start": random.standard_normal(shape).astype("float32")}
    recipe, expected = take("start", shape, "float32"), arrays["start"]
    for _ in range(6):
        if expected.size > 5000:
            break
        recipe, expected = grown(recipe, expected, arrays, random)
    assert from_json(to_json(recipe)) == recipe
    assert (recipe.shape, recipe.dtype) == (expected.shape, str(expected.dtype))
    for limit in (1_000_000, 7):
        monkeypatch.setattr(calculation, "GAPS", limit)
        assert np.array_equal(made(recipe, arrays, limit), expected)


def test_casts_between_kinds_of_numbers_are_those_of_numpy() -> None:
    array = np.array([0.0, -1.5, 2.75, 1e6, np.inf])
    for dtype in ("float16", "float32", "float64", "bool"):
        found = made(cast(take("a", (5,), "float64"), dtype), {"a": array}, 2)
        with np.errstate(all="ignore"):
            assert np.array_equal(found, array.astype(dtype))
            assert found.dtype == dtype


def test_bfloat16_is_rounded_to_the_nearest_and_to_even_between_two() -> None:
    one, step = np.float32(1), np.float32(2**-7)
    given = np.array([1, one + step / 2, one + step * 3 / 2, one + step / 2 + np.float32(2**-20), -3.0, 3.4e38, np.nan, -0.0], "float32")
    expected = np.array([1, 1, one + 2 * step, one + step, -3.0, np.inf, np.nan, -0.0], "float32")
    assert np.array_equal(numbers(bits(given, "bfloat16"), "bfloat16"), expected, equal_nan=True)


def test_bfloat16_is_calculated_with_as_float32() -> None:
    stored = bits(np.array([[1.0, 2.0], [3.0, -4.0]], "float32"), "bfloat16")
    taken = take("a", (2, 2), "bfloat16")
    found = made(cast(add(scale(taken, 1.5, axis=1, start=1, stop=2), taken), "float32"), {"a": stored}, 1)
    assert np.array_equal(found, [[2.0, 5.0], [6.0, -10.0]])
    assert np.array_equal(made(constant(0.5, (2,), "bfloat16"), {}, 9), bits(np.full(2, 0.5, "float32"), "bfloat16"))
