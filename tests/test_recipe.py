from __future__ import annotations

import json
from typing import Any

import pytest

from kdoctor.document import Weight
from kdoctor.edit import same
from kdoctor.errors import RecipeError
from kdoctor.recipe import add, cast, constant, dtype_of, flip, join, part, reshape, scale, shape_of, sources, take, transpose, zeros
from kdoctor.recipe_json import from_json, to_json
from kdoctor.recipe_steps import Recipe

KERNEL = take("dense/kernel:0", (3, 8), "float32")
BIAS = take("dense/bias:0", (8,), "float32")


@pytest.mark.parametrize(
    ("recipe", "shape", "dtype"),
    [
        (KERNEL, (3, 8), "float32"),
        (transpose(KERNEL), (8, 3), "float32"),
        (transpose(reshape(KERNEL, (3, 2, 4)), (2, 0, 1)), (4, 3, 2), "float32"),
        (flip(KERNEL, (0, 1)), (3, 8), "float32"),
        (part(KERNEL, 1, 2, 6), (3, 4), "float32"),
        (part(KERNEL, 1, 2, 2), (3, 0), "float32"),
        (join(0, [BIAS, BIAS, zeros((4,), "float32")]), (20,), "float32"),
        (scale(KERNEL, 1.2, axis=1, start=0, stop=4), (3, 8), "float32"),
        (scale(take("rate", (), "float64"), 2), (), "float64"),
        (add(part(BIAS, 0, 0, 4), part(BIAS, 0, 4, 8)), (4,), "float32"),
        (constant(True, (), "bool"), (), "bool"),
        (cast(KERNEL, "bfloat16"), (3, 8), "bfloat16"),
    ],
)
def test_a_recipe_knows_what_it_makes(recipe: Recipe, shape: tuple[int, ...], dtype: str) -> None:
    assert (shape_of(recipe), dtype_of(recipe)) == (shape, dtype)
    assert from_json(json.loads(json.dumps(to_json(recipe)))) == recipe


@pytest.mark.parametrize(
    "compose",
    [
        lambda: take("", (3,), "float32"),
        lambda: take("a", (3, -1), "float32"),
        lambda: take("a", (1 << 30, 1 << 30), "float32"),
        lambda: transpose(KERNEL, (0, 0)),
        lambda: transpose(KERNEL, (0,)),
        lambda: reshape(KERNEL, (5, 5)),
        lambda: reshape(KERNEL, (-3, -8)),
        lambda: flip(KERNEL, (2,)),
        lambda: flip(KERNEL, (-1,)),
        lambda: part(KERNEL, 0, 2, 4),
        lambda: part(KERNEL, 0, 2, 1),
        lambda: part(KERNEL, 2, 0, 1),
        lambda: join(0, []),
        lambda: join(1, [KERNEL, BIAS]),
        lambda: join(0, [KERNEL, take("b", (3, 7), "float32")]),
        lambda: join(0, [BIAS, take("b", (8,), "float16")]),
        lambda: scale(take("count", (3,), "int64"), 1.5),
        lambda: scale(KERNEL, float("inf")),
        lambda: scale(KERNEL, 1.5, axis=1, start=4, stop=9),
        lambda: scale(KERNEL, 1.5, axis=2),
        lambda: add(KERNEL, BIAS),
        lambda: add(BIAS, take("b", (8,), "float16")),
        lambda: add(*[take("flags", (2,), "bool")] * 2),
        lambda: cast(take("words", (3,), "str"), "float32"),
        lambda: cast(KERNEL, "float8"),
        lambda: constant(0.5, (3,), "int32"),
        lambda: constant(float("nan"), (3,), "int32"),
        lambda: zeros((3,), "str"),
    ],
)
def test_what_does_not_fit_is_refused_when_it_is_composed(compose: Any) -> None:
    with pytest.raises(RecipeError):
        compose()


def test_the_sources_of_a_recipe_are_all_arrays_that_it_takes() -> None:
    recipe = add(part(BIAS, 0, 0, 4), join(0, [part(take("other", (9,), "float32"), 0, 0, 2), zeros((2,), "float32")]))
    assert [taken.path for taken in sources(recipe)] == ["dense/bias:0", "other"]


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "take",
        {},
        {"step": "remove"},
        {"step": "take", "path": "a", "shape": [3]},
        {"step": "take", "path": "a", "shape": [3], "dtype": "float32", "more": 1},
        {"step": "take", "path": "a", "shape": 3, "dtype": "float32"},
        {"step": "flip", "of": "a", "axes": [0]},
        {"step": "join", "parts": ["a"], "axis": 0},
        {"step": ["take"], "path": "a", "shape": [3], "dtype": "float32"},
        {"step": "cast", "of": to_json(BIAS), "dtype": ["float32"]},
        {"step": "constant", "value": "0", "shape": [3], "dtype": "float32"},
    ],
)
def test_json_that_is_no_recipe_is_refused(value: Any) -> None:
    with pytest.raises(RecipeError):
        from_json(value)


def test_a_recipe_is_bounded_in_depth_and_length() -> None:
    deep: Recipe = BIAS
    for _ in range(65):
        deep = flip(deep, (0,))
    wide = join(0, [BIAS] * 10_000)
    for recipe in (deep, wide):
        with pytest.raises(RecipeError, match="more than"):
            to_json(recipe)
    value = to_json(BIAS)
    for _ in range(65):
        value = {"step": "flip", "of": value, "axes": [0]}
    with pytest.raises(RecipeError, match="more than"):
        from_json(value)


def test_a_weight_that_was_made_can_be_changed_further() -> None:
    stored = Weight((3, 8), "float32", "dense/kernel:0")
    once = Weight.made(transpose(stored.numbers))
    twice = Weight.made(scale(once.numbers, 1.2))
    assert (twice.shape, twice.dtype, twice.bytes) == ((8, 3), "float32", 96)
    assert [*sources(twice.numbers)] == [KERNEL]
    assert same(once, Weight.made(transpose(KERNEL)))
    assert not same(once, twice)
