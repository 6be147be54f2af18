"""How a new array is made from stored ones, as a value: nothing is computed here, and every recipe that exists fits.

A converter composes recipes (`take` an array, `transpose` it, `scale` some of its columns); the writer carries them out, piece by piece, in a
process of its own. Axes count from 0. What cannot be carried out raises `RecipeError` when it is composed. Few files need a recipe, and none of
its steps is imported before one is composed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from kdoctor.errors import RecipeError

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Add, Cast, Constant, Flip, Join, Part, Recipe, Take

__all__ = [
    "RecipeError",
    "add",
    "cast",
    "constant",
    "dtype_of",
    "flip",
    "join",
    "part",
    "reshape",
    "scale",
    "shape_of",
    "sources",
    "take",
    "transpose",
    "zeros",
]


def take(path: str, shape: Sequence[int], dtype: str) -> Take:
    """The array at a path of the source file, which has this shape and dtype there."""
    from kdoctor.recipe_steps import Take

    return Take(path, tuple(shape), dtype)


def transpose(of: Recipe, axes: Sequence[int] | None = None) -> Recipe:
    """With its axes in another order: axis ``n`` of the result is axis ``axes[n]``; backwards when not said."""
    from kdoctor.recipe_steps import Transpose

    made = Transpose(of, tuple(axes) if axes is not None else tuple(reversed(range(len(of.shape)))))
    return of if made.axes == (*range(len(of.shape)),) else made


def reshape(of: Recipe, shape: Sequence[int]) -> Recipe:
    """The same elements in the same (C) order, under other lengths."""
    from kdoctor.recipe_steps import Reshape

    made = Reshape(of.of if isinstance(of, Reshape) else of, tuple(shape))
    return made.of if made.of.shape == made.shape else made


def flip(of: Recipe, axes: Sequence[int]) -> Flip:
    from kdoctor.recipe_steps import Flip

    return Flip(of, tuple(axes))


def part(of: Recipe, axis: int, start: int, stop: int) -> Part:
    from kdoctor.recipe_steps import Part

    return Part(of, axis, start, stop)


def join(axis: int, parts: Sequence[Recipe]) -> Join:
    from kdoctor.recipe_steps import Join

    return Join(tuple(parts), axis)


def scale(of: Recipe, factor: float, axis: int | None = None, start: int = 0, stop: int | None = None) -> Recipe:
    """Elements ``start`` to ``stop`` (to the end when not said) along ``axis`` times a factor; without an axis the whole array."""
    from kdoctor.recipe_steps import Reshape, Scale, require_axis

    if axis is None and not of.shape:  # a single number has no axis
        return Reshape(scale(Reshape(of, (1,)), factor, 0), ())
    along = 0 if axis is None else axis
    require_axis(of, along)
    return Scale(of, factor, along, start, of.shape[along] if stop is None else stop)


def add(first: Recipe, second: Recipe) -> Add:
    from kdoctor.recipe_steps import Add

    return Add(first, second)


def zeros(shape: Sequence[int], dtype: str) -> Constant:
    from kdoctor.recipe_steps import Constant

    return Constant(0, tuple(shape), dtype)


def constant(value: int | float | bool, shape: Sequence[int], dtype: str) -> Constant:
    from kdoctor.recipe_steps import Constant

    return Constant(value, tuple(shape), dtype)


def cast(of: Recipe, dtype: str) -> Cast:
    from kdoctor.recipe_steps import Cast

    return Cast(of, dtype)


def shape_of(recipe: Recipe) -> tuple[int, ...]:
    """Shape of what the recipe makes, elements by axis."""
    return recipe.shape


def dtype_of(recipe: Recipe) -> str:
    """Numpy's name for the dtype of what the recipe makes."""
    return recipe.dtype


def sources(recipe: Recipe) -> Iterator[Take]:
    """Every array of the source file that the recipe takes, as often as it does."""
    from kdoctor.recipe_steps import Take

    if isinstance(recipe, Take):
        yield recipe
    for ingredient in recipe.ingredients:
        yield from sources(ingredient)
