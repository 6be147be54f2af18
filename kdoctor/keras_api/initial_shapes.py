"""Initializers that hold a list of numbers, and the shapes of variables that they can fill."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Json
from kdoctor.keras_api.refused_configs import NUMBERS

Lengths = tuple[int, ...]
RAGGED: Final = None


def unfit_list(class_name: str, config: Mapping[str, Json], shape: Lengths) -> str | None:
    """The argument of an initializer whose list does not broadcast to a variable of the shape; None where all do.

    Constant multiplies ones of the shape by its value; RandomNormal and RandomUniform add to and multiply numbers of it
    (initializers/constant_initializers.py, random_initializers.py of 3.15.1).
    """
    for key in NUMBERS.get(class_name, ()):
        value = config.get(key)
        if isinstance(value, list) and not _fills(_lengths(value), shape):
            return key
    return None


def holds_list(class_name: str, config: Mapping[str, Json]) -> bool:
    """Whether any of its numbers is a list."""
    return any(isinstance(config.get(key), list) for key in NUMBERS.get(class_name, ()))


def _fills(held: Lengths | None, shape: Lengths) -> bool:
    if held is RAGGED or len(held) > len(shape):
        return False
    return all(one in (1, length) for one, length in zip(reversed(held), reversed(shape), strict=False))


def _lengths(value: Json) -> Lengths | None:
    """The shape of nested lists; `RAGGED` where they are no array."""
    if not isinstance(value, list):
        return ()
    inside = {_lengths(one) for one in value}
    if len(inside) > 1 or RAGGED in inside:
        return RAGGED
    return (len(value), *(next(iter(inside), None) or ()))
