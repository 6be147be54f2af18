"""Recipes as JSON, for the process that carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from kdoctor.errors import RecipeError
from kdoctor.recipe_steps import Add, Cast, Constant, Flip, Join, Part, Recipe, Reshape, Scale, Take, Transpose

Json: TypeAlias = Any
Step: TypeAlias = "Add | Cast | Constant | Flip | Join | Part | Reshape | Scale | Take | Transpose"

STEPS: Final[Mapping[str, type[Step]]] = MappingProxyType(
    {step.__name__.lower(): step for step in (Add, Cast, Constant, Flip, Join, Part, Reshape, Scale, Take, Transpose)}
)
DEPTH: Final = 64  # steps on top of each other
COUNT: Final = 10_000  # steps of one recipe, an array that is taken twice counted twice


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
