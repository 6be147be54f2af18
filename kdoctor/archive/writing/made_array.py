"""Writes the array that a recipe makes into an HDF5 file, a slab at a time. For the processes that write HDF5: it brings numpy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from kdoctor.archive.writing.boxes import Box, slabs, whole
from kdoctor.archive.writing.calculation import BRAIN, SLAB_BYTES, Array, bits, values
from kdoctor.dtypes import NUMBERS
from kdoctor.recipe import sources
from kdoctor.recipe_steps import Recipe, Take

Find = Callable[[str], Any]


def make_array(group: Any, path: str, recipe: Recipe, find: Find) -> None:
    """Create the dataset ``path`` in a group; ``find`` gives the stored dataset at a path of the source, or raises ValueError.

    As in a file of Keras, it is stored in one piece and not compressed.
    """
    found = {taken.path: find(taken.path) for taken in sources(recipe)}
    for taken in sources(recipe):
        _require_planned(taken, found[taken.path])
    kind = _kind(recipe, found)
    dataset = group.create_dataset(path, recipe.shape, dtype=kind)
    if recipe.dtype == BRAIN:
        dataset.attrs["dtype"] = BRAIN  # as Keras 3 marks it: HDF5 knows it as two bytes
    elif recipe.dtype not in NUMBERS:
        _copy_mark(dataset, found)

    def stored(taken: Take, box: Box) -> Array:
        return _plain(found[taken.path][tuple(slice(*place) for place in box)], taken.dtype)

    for box in slabs(whole(recipe.shape), SLAB_BYTES // max(1, kind.itemsize)):
        slab = numpy.ascontiguousarray(values(recipe, box, stored))
        if slab.size:
            place = tuple(slice(*each) for each in box)
            dataset[place] = slab.view(kind).reshape([stop - start for start, stop in box])


def _kind(recipe: Recipe, found: dict[str, Any]) -> Any:
    if recipe.dtype == BRAIN:
        return numpy.dtype("V2")
    if recipe.dtype in NUMBERS:
        return numpy.dtype(recipe.dtype)
    kind = next(iter(found.values())).dtype
    if kind.kind == "O":
        raise ValueError(f"texts of any length cannot be rearranged: /{next(iter(found))}")
    return kind


def _require_planned(taken: Take, dataset: Any) -> None:
    """What stands there must be what the plan took it for."""
    named = taken.dtype not in NUMBERS or taken.dtype == BRAIN or dataset.dtype.name == taken.dtype
    if tuple(dataset.shape) != taken.shape or not named:
        raise ValueError(f"/{taken.path} is {dataset.dtype}{list(dataset.shape)}, not {taken.dtype}{list(taken.shape)}")


def _plain(array: Any, dtype: str) -> Array:
    """Numbers in the byte order of this machine; bfloat16 as its bits, however it was stored."""
    array = numpy.asarray(array)
    if dtype == BRAIN:
        return array.view("uint16") if array.dtype.kind == "V" else bits(array.astype("float32"), BRAIN)
    return array.astype(array.dtype.newbyteorder("="), copy=False) if dtype in NUMBERS else array


def _copy_mark(dataset: Any, found: dict[str, Any]) -> None:
    """The name that stands beside numbers of a kind that HDF5 does not know."""
    mark = next(iter(found.values())).attrs.get("dtype")
    if mark is not None:
        dataset.attrs["dtype"] = mark
