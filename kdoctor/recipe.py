"""How a new array is made from stored ones, as a value: nothing is computed here, and every recipe that exists fits.

A converter composes recipes (`take` an array, `transpose` it, `scale` some of its columns); the writer carries them out, piece by piece, in a
process of its own. Axes count from 0. What cannot be carried out raises `RecipeError` when it is composed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from kdoctor.recipe_steps import (
    Add,
    Cast,
    Constant,
    Flip,
    Join,
    Part,
    Recipe,
    RecipeError,
    Reshape,
    Scale,
    Take,
    Transpose,
    require_axis,
)

__all__ = [
    "Recipe", "RecipeError", "Step", "add", "cast", "constant", "dtype_of", "flip", "from_json", "join", "part", "reshape", "scale",
    "shape_of", "sources", "take", "to_json", "transpose", "zeros",
]  # fmt: skip

Json: TypeAlias = Any
Step: TypeAlias = "Add | Cast | Constant | Flip | Join | Part | Reshape | Scale | Take | Transpose"

STEPS: Final[Mapping[str, type[Step]]] = MappingProxyType(
    {step.__name__.lower(): step for step in (Add, Cast, Constant, Flip, Join, Part, Reshape, Scale, Take, Transpose)}
)
DEPTH: Final = 64  # steps on top of each other
COUNT: Final = 10_000  # steps of one recipe, an array that is taken twice counted twice


def take(path: str, shape: Sequence[int], dtype: str) -> Take:
    """The array at a path of the source file, which has this shape and dtype there."""
    return Take(path, tuple(shape), dtype)


def transpose(of: Recipe, axes: Sequence[int] | None = None) -> Recipe:
    """With its axes in another order: axis ``n`` of the result is axis ``axes[n]``; backwards when not said."""
    made = Transpose(of, tuple(axes) if axes is not None else tuple(reversed(range(len(of.shape)))))
    return of if made.axes == (*range(len(of.shape)),) else made


def reshape(of: Recipe, shape: Sequence[int]) -> Recipe:
    """The same elements in the same (C) order, under other lengths."""
    made = Reshape(of.of if isinstance(of, Reshape) else of, tuple(shape))
    return made.of if made.of.shape == made.shape else made


def flip(of: Recipe, axes: Sequence[int]) -> Flip:
    return Flip(of, tuple(axes))


def part(of: Recipe, axis: int, start: int, stop: int) -> Part:
    return Part(of, axis, start, stop)


def join(axis: int, parts: Sequence[Recipe]) -> Join:
    return Join(tuple(parts), axis)


def scale(of: Recipe, factor: float, axis: int | None = None, start: int = 0, stop: int | None = None) -> Recipe:
    """Elements ``start`` to ``stop`` (to the end when not said) along ``axis`` times a factor; without an axis the whole array."""
    if axis is None and not of.shape:  # a single number has no axis
        return Reshape(scale(Reshape(of, (1,)), factor, 0), ())
    along = 0 if axis is None else axis
    require_axis(of, along)
    return Scale(of, factor, along, start, of.shape[along] if stop is None else stop)


def add(first: Recipe, second: Recipe) -> Add:
    return Add(first, second)


def zeros(shape: Sequence[int], dtype: str) -> Constant:
    return Constant(0, tuple(shape), dtype)


def constant(value: int | float | bool, shape: Sequence[int], dtype: str) -> Constant:
    return Constant(value, tuple(shape), dtype)


def cast(of: Recipe, dtype: str) -> Cast:
    return Cast(of, dtype)


def shape_of(recipe: Recipe) -> tuple[int, ...]:
    """Shape of what the recipe makes, elements by axis."""
    return recipe.shape


def dtype_of(recipe: Recipe) -> str:
    """Numpy's name for the dtype of what the recipe makes."""
    return recipe.dtype


def sources(recipe: Recipe) -> Iterator[Take]:
    """Every array of the source file that the recipe takes, as often as it does."""
    if isinstance(recipe, Take):
        yield recipe
    for ingredient in recipe.ingredients:
        yield from sources(ingredient)


def to_json(recipe: Recipe) -> dict[str, Json]:
    """The recipe as JSON: ``{"step": "part", "of": {…}, "axis": 0, "start": 0, "stop": 8}``, with tuples as lists."""
    encoded: dict[str, Json] = _encoded(recipe, _Budget())
    return encoded


def from_json(value: Json) -> Recipe:
    """The recipe that such JSON stands for. Raises `RecipeError` for anything else, and for one that is too deep or too long."""
    if not isinstance(value, dict):
        raise RecipeError(f"no recipe: {str(value)[:60]}")
    recipe: Recipe = _decoded(value, _Budget())
    return recipe


class _Budget:
    """How many steps a recipe may still have."""

    def __init__(self) -> None:
        self._left = COUNT

    def spend(self, depth: int) -> None:
        self._left -= 1
        if self._left < 0 or depth > DEPTH:
            raise RecipeError(f"a recipe of more than {COUNT:,} steps, or {DEPTH} on top of each other")


def _encoded(value: Json, budget: _Budget, depth: int = 0) -> Json:
    if isinstance(value, tuple):
        return [_encoded(item, budget, depth) for item in value]
    if not isinstance(value, Recipe):
        return value
    budget.spend(depth)
    name = type(value).__name__.lower()
    return {"step": name, **{each.name: _encoded(getattr(value, each.name), budget, depth + 1) for each in fields(STEPS[name])}}


def _decoded(value: Json, budget: _Budget, depth: int = 0) -> Any:
    if isinstance(value, list):
        return tuple(_decoded(item, budget, depth) if isinstance(item, dict) else item for item in value)
    if not isinstance(value, dict):
        return value
    budget.spend(depth)
    step = STEPS.get(str(value.get("step")))
    names = {each.name for each in fields(step)} if step else set()
    if step is None or value.keys() - {"step"} != names:
        raise RecipeError(f"no recipe: {str(value)[:60]}")
    return step(**{name: _decoded(value[name], budget, depth + 1) for name in names})
