"""Which arrays of a plan are those of the original file as they stand, and which are made from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kdoctor.document import Json, Weight
from kdoctor.errors import RecipeError, WriteError
from kdoctor.recipe import sources
from kdoctor.recipe_json import to_json
from kdoctor.recipe_steps import Recipe, Take


@dataclass(frozen=True, slots=True)
class Arrays:
    """By path in the new file: ``copies``, the path in the original; ``made``, the recipe as JSON."""

    copies: Mapping[str, str]
    made: Mapping[str, Json]


def planned_arrays(old: Mapping[str, Weight], new: Mapping[str, Weight]) -> Arrays:
    """The arrays of the plan ``new``. Raises `WriteError` where one has no numbers, or is not what the plan says."""
    copies: dict[str, str] = {}
    made: dict[str, Json] = {}
    for path, weight in new.items():
        recipe = weight.numbers if weight.recipe is not None or weight.source else None
        if recipe is None or not all(_stands(taken, old) for taken in sources(recipe)):
            raise WriteError(f"cannot write weight {path}: its numbers stand nowhere in the original file")
        if (recipe.shape, recipe.dtype) != (weight.shape, weight.dtype):
            planned, found = f"{weight.dtype}{list(weight.shape)}", f"{recipe.dtype}{list(recipe.shape)}"
            raise WriteError(f"cannot write weight {path}: its recipe makes {found}, not {planned}")
        if isinstance(recipe, Take):
            copies[path] = recipe.path
        else:
            made[path] = _request(path, recipe)
    return Arrays(copies, made)


def _request(path: str, recipe: Recipe) -> Json:
    try:
        return to_json(recipe)
    except RecipeError as error:
        raise WriteError(f"cannot write weight {path}: {error}") from None


def _stands(taken: Take, old: Mapping[str, Weight]) -> bool:
    """Whether the original has what is taken; a bfloat16 may stand there as two raw bytes, as h5py stores it."""
    stored = old.get(taken.path)
    alike = stored is not None and (stored.dtype == taken.dtype or (stored.dtype, taken.dtype) == ("void16", "bfloat16"))
    return stored is not None and alike and stored.shape == taken.shape
