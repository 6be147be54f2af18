"""The steps that recipes are made of (`kdoctor.recipe`): each knows what it needs, and what shape and dtype come of it.

Axes count from 0; ``start`` and ``stop`` are elements along an axis, as in a slice. Whatever does not fit raises `RecipeError` when it is made:
an axis that is not there, lengths that differ, numbers of a kind that cannot be calculated with.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, prod
from typing import Final, TypeAlias

from kdoctor.dtypes import FLOATS, INTEGERS, NUMBERS
from kdoctor.errors import RecipeError

Shape: TypeAlias = "tuple[int, ...]"

LENGTH: Final = 1 << 48  # elements; more is no array but an attempt to overflow something


class Recipe:
    """How an array is made. ``shape`` (elements by axis) and ``dtype`` (numpy's name, as in `Weight`) are those of the result."""

    __slots__ = ()
    shape: Shape
    dtype: str

    @property
    def ingredients(self) -> tuple[Recipe, ...]:
        """The recipes that this one starts from."""
        return ()


@dataclass(frozen=True, slots=True)
class Take(Recipe):
    """The array that stands at ``path`` in the source file (no leading slash), with the shape and dtype that it has there."""

    path: str
    shape: Shape
    dtype: str

    def __post_init__(self) -> None:
        _require(isinstance(self.path, str) and bool(self.path), "an array without a path")
        _require(_is_shape(self.shape) and isinstance(self.dtype, str), f"{self.path} has no regular shape")


@dataclass(frozen=True, slots=True)
class Constant(Recipe):
    """The same number everywhere."""

    value: int | float | bool
    shape: Shape
    dtype: str

    def __post_init__(self) -> None:
        _require(_is_shape(self.shape), f"{self.shape!r} is no shape")
        _require(self.dtype in NUMBERS and isinstance(self.value, (int, float)), f"no number of {self.dtype!r}: {self.value!r}")
        _require(self.dtype in FLOATS or isinstance(self.value, int) or self.value.is_integer(), f"{self.value!r} is no {self.dtype}")


@dataclass(frozen=True, slots=True)
class _Changed(Recipe):
    """One array, changed."""

    of: Recipe

    @property
    def ingredients(self) -> tuple[Recipe, ...]:
        return (self.of,)

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        return self.of.shape

    @property
    def dtype(self) -> str:  # type: ignore[override]
        return self.of.dtype


@dataclass(frozen=True, slots=True)
class Transpose(_Changed):
    """Axis ``n`` of the result is axis ``axes[n]``."""

    axes: tuple[int, ...]

    def __post_init__(self) -> None:
        _require_recipe(self.of)
        _require(_all_integers(self.axes) and sorted(self.axes) == [*range(len(self.of.shape))], f"no order of axes: {self.axes!r}")

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        return tuple(self.of.shape[axis] for axis in self.axes)


@dataclass(frozen=True, slots=True)
class Reshape(_Changed):
    """The same elements in the same (C) order, under other lengths."""

    shape: Shape

    def __post_init__(self) -> None:
        _require_recipe(self.of)
        _require(_is_shape(self.shape) and prod(self.shape) == prod(self.of.shape), f"{self.of.shape} does not fill {self.shape!r}")


@dataclass(frozen=True, slots=True)
class Flip(_Changed):
    """Backwards along these axes."""

    axes: tuple[int, ...]

    def __post_init__(self) -> None:
        _require_recipe(self.of)
        _require(_all_integers(self.axes) and len({*self.axes}) == len(self.axes), f"no axes: {self.axes!r}")
        for axis in self.axes:
            require_axis(self.of, axis)


@dataclass(frozen=True, slots=True)
class Part(_Changed):
    """Elements ``start`` to ``stop`` along one axis."""

    axis: int
    start: int
    stop: int

    def __post_init__(self) -> None:
        _require_recipe(self.of)
        _require_range(self.of, self.axis, self.start, self.stop)

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        return (*self.of.shape[: self.axis], self.stop - self.start, *self.of.shape[self.axis + 1 :])


@dataclass(frozen=True, slots=True)
class Join(Recipe):
    """Arrays one after the other along one axis; all other lengths, and the dtype, are the same."""

    parts: tuple[Recipe, ...]
    axis: int

    def __post_init__(self) -> None:
        _require(isinstance(self.parts, tuple) and bool(self.parts), "nothing to join")
        for part in self.parts:
            _require_recipe(part)
            require_axis(part, self.axis)
        others = {(part.dtype, part.shape[: self.axis], part.shape[self.axis + 1 :]) for part in self.parts}
        told = ", ".join(f"{part.dtype}{list(part.shape)}" for part in self.parts[:4])
        _require(len(others) == 1, f"arrays that cannot be joined along axis {self.axis}: {told}")

    @property
    def ingredients(self) -> tuple[Recipe, ...]:
        return self.parts

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        first = self.parts[0].shape
        return (*first[: self.axis], sum(part.shape[self.axis] for part in self.parts), *first[self.axis + 1 :])

    @property
    def dtype(self) -> str:  # type: ignore[override]
        return self.parts[0].dtype


@dataclass(frozen=True, slots=True)
class Scale(_Changed):
    """Elements ``start`` to ``stop`` along one axis times ``factor``, the others as they are."""

    factor: float
    axis: int
    start: int
    stop: int

    def __post_init__(self) -> None:
        _require_recipe(self.of)
        _require_range(self.of, self.axis, self.start, self.stop)
        _require(isinstance(self.factor, (int, float)) and isfinite(self.factor), f"no factor: {self.factor!r}")
        _require(self.dtype in FLOATS, f"{self.dtype} cannot be scaled")


@dataclass(frozen=True, slots=True)
class Add(Recipe):
    """The sum, element by element, of two arrays of one shape and dtype."""

    first: Recipe
    second: Recipe

    def __post_init__(self) -> None:
        _require_recipe(self.first)
        _require_recipe(self.second)
        both = [f"{part.dtype}{list(part.shape)}" for part in (self.first, self.second)]
        _require(both[0] == both[1], f"arrays that cannot be added: {both[0]} and {both[1]}")
        _require(self.dtype in FLOATS | INTEGERS, f"{self.dtype} cannot be added")

    @property
    def ingredients(self) -> tuple[Recipe, ...]:
        return (self.first, self.second)

    @property
    def shape(self) -> Shape:  # type: ignore[override]
        return self.first.shape

    @property
    def dtype(self) -> str:  # type: ignore[override]
        return self.first.dtype


@dataclass(frozen=True, slots=True)
class Cast(_Changed):
    """The same numbers in another dtype, rounded to the nearest where it holds fewer digits."""

    dtype: str

    def __post_init__(self) -> None:
        _require_recipe(self.of)
        _require(self.of.dtype in NUMBERS and self.dtype in NUMBERS, f"no cast from {self.of.dtype} to {self.dtype!r}")


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RecipeError(otherwise)


def _require_recipe(found: object) -> None:
    _require(isinstance(found, Recipe), f"no recipe: {found!r}")


def require_axis(of: Recipe, axis: int) -> None:
    _require(_is_integer(axis) and 0 <= axis < len(of.shape), f"no axis {axis!r} in an array of shape {of.shape}")


def _require_range(of: Recipe, axis: int, start: int, stop: int) -> None:
    require_axis(of, axis)
    fits = _is_integer(start) and _is_integer(stop) and 0 <= start <= stop <= of.shape[axis]
    _require(fits, f"no elements {start!r} to {stop!r} along axis {axis} of {of.shape}")


def _is_shape(shape: object) -> bool:
    return isinstance(shape, tuple) and _all_integers(shape) and all(length >= 0 for length in shape) and prod(shape) <= LENGTH


def _all_integers(found: object) -> bool:
    return isinstance(found, tuple) and all(_is_integer(item) for item in found)


def _is_integer(found: object) -> bool:
    return isinstance(found, int) and not isinstance(found, bool)
