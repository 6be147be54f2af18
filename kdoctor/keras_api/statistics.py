"""Whether a Normalization can lay the mean and the variance that its config states beside the axes that it keeps.

Read in layers/preprocessing/normalization.py of Keras 3.0.5, 3.3 to 3.10, 3.12 to 3.15.1, and run in 3.15.1 with archives and ``.h5`` files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kdoctor.document import Json
from kdoctor.keras_api import habits
from kdoctor.keras_api.variables.variable import Shape, times
from kdoctor.target import Target

Lengths = tuple[int, ...]


def unfit_mean(config: Mapping[str, Json], shape: Shape, target: Target) -> str | None:
    """Why the target cannot use the mean beside an input of this shape, the batch first; None where it can, or where that is not known."""
    if isinstance(config.get("mean"), str):
        return "it is a text"
    mean, axes = lengths_of(config.get("mean")), _axes(config.get("axis", -1), len(shape))
    if mean is None or axes is None or any(shape[axis] is None for axis in axes):
        return None
    kept = tuple(length if index in axes and length is not None else 1 for index, length in enumerate(shape))
    asked = f"{[kept[axis] for axis in axes]} of {list(shape)}"
    if habits.RESHAPES_STATISTICS.of(target):
        return None if times(*mean) == times(*kept) else f"it has the shape {list(mean)}, and stands for {asked}"
    laid = mean
    if not habits.SPREADS_STATISTICS.of(target):  # each axis of the mean goes to one that is kept, from the right
        if len(mean) > len(axes):
            return f"it has {len(mean)} axes, and stands for {len(axes)}"
        places = dict(zip(axes[len(axes) - len(mean) :], mean, strict=True))
        laid = tuple(places.get(index, 1) for index in range(len(shape)))
    return None if _is_spread(laid, kept) else f"it has the shape {list(mean)}, and stands for {asked}"


def kept_lengths(config: Mapping[str, Json], shape: Shape) -> Lengths | None:
    """The lengths of the axes that are kept of an input of this shape, the batch first; None where one is not known."""
    axes = _axes(config.get("axis", -1), len(shape))
    found = [] if axes is None else [shape[axis] for axis in axes]
    return None if axes is None or None in found else tuple(length for length in found if length is not None)


def lengths_of(value: Json) -> Lengths | None:
    """The shape of a number or of lists of numbers, as numpy has it; None for what is neither, or ragged."""
    if isinstance(value, (int, float)):
        return ()
    if not isinstance(value, list):
        return None
    inner = {lengths_of(one) for one in value}
    if len(inner) != 1 or None in inner:
        return (0,) if not value else None
    (below,) = inner
    return None if below is None else (len(value), *below)


def _axes(axis: Json, rank: int) -> Lengths | None:
    """The axes that are kept, counted from the first and sorted."""
    axes = [] if axis is None else axis if isinstance(axis, list) else [axis]
    if any(type(one) is not int or not -rank <= one < rank for one in axes):
        return None
    return tuple(sorted(one % rank for one in axes))


def _is_spread(one: Sequence[int], over: Sequence[int]) -> bool:
    """Whether numpy's rules spread an array of the first shape over the second."""
    return len(one) <= len(over) and all(length in (1, other) for length, other in zip(reversed(one), reversed(over), strict=False))
