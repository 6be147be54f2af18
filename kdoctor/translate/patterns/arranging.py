"""Layers that arrange the numbers of each sample otherwise: Flatten, Reshape, Permute, Cropping, ZeroPadding, RepeatVector, UpSampling."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Final

from kdoctor.document import Json
from kdoctor.translate.patterns.pattern import CHANNELS_LAST, Chain, Layer, Pattern

SHAPING: Final = frozenset({"Reshape", "ExpandDims", "Squeeze"})
WHOLE: Final = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}


def reshape(chain: Chain) -> Layer | None:
    """All lengths within a sample are known before and after, and the batch stays: the last is sure where their products are equal."""
    if not set(chain.operations) <= SHAPING or any(not step.plain for step in chain.steps) or not _keeps_batch(chain):
        return None
    assert chain.given is not None
    assert chain.made is not None
    before, after = chain.given[1:], chain.made[1:]
    if None in before or None in after or prod(n or 0 for n in before) != prod(n or 0 for n in after) or not after:
        return None
    if len(after) == 1 and len(before) > 1 and chain.operations == ("Reshape",):
        return Layer("Flatten", CHANNELS_LAST)
    return Layer("Reshape", {"target_shape": list(after)})


def _keeps_batch(chain: Chain) -> bool:
    if chain.given is None or chain.made is None or not chain.given or not chain.made:
        return False
    rank = len(chain.given)
    for step in chain.steps:
        axis = step.config.get("axis")
        if step.operation == "Reshape":
            shape = step.config.get("newshape")
            if not isinstance(shape, list) or not shape or shape[0] != -1:
                return False
            rank = len(shape)
        else:
            rank += 1 if step.operation == "ExpandDims" else 0
            if type(axis) is not int or axis % rank == 0:
                return False
            rank -= 1 if step.operation == "Squeeze" else 0
    return True


def permute(chain: Chain) -> Layer | None:
    step = chain.only
    axes = step.config.get("axes") if step is not None and step.operation == "Transpose" else None
    if not isinstance(axes, list) or len(axes) < 3:
        return None
    places = [axis % len(axes) for axis in axes]
    return Layer("Permute", {"dims": places[1:]}) if places[0] == 0 and sorted(places) == list(range(len(axes))) else None


def crop(chain: Chain) -> Layer | None:
    """Slices of the axes between batch and channels, of lengths that are known."""
    step, shape = chain.steps[0], chain.given
    if chain.operations != ("GetItem",) or len(step.operands) != 2 or shape is None or not 3 <= len(shape) <= 5:
        return None
    key = _whole_key(step.operands[1], len(shape))
    if key is None or key[0] != WHOLE or key[-1] != WHOLE:
        return None
    sides = [_sides(part, length) for part, length in zip(key[1:-1], shape[1:-1], strict=True)]
    if None in sides:
        return None
    rank = len(sides)
    return Layer(f"Cropping{rank}D", {"cropping": sides[0] if rank == 1 else sides, **(CHANNELS_LAST if rank > 1 else {})})


def _whole_key(key: Json, rank: int) -> list[Json] | None:
    """One entry for each axis."""
    parts = key if isinstance(key, list) else [key]
    dots = [place for place, part in enumerate(parts) if isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__"]
    if len(dots) > 1 or len(parts) - len(dots) > rank:
        return None
    place = dots[0] if dots else len(parts)
    return [*parts[:place], *[WHOLE] * (rank - len(parts) + len(dots)), *parts[place + 1 :]]


def _sides(part: Json, length: int | None) -> list[int] | None:
    """What a slice cuts off at both ends; None where it does not leave at least one."""
    if not isinstance(part, Mapping) or part.get("class_name") != "__slice__":
        return None
    start, stop, step = (part["config"].get(name) for name in ("start", "stop", "step"))
    if step not in (None, 1) or any(type(bound) not in (int, type(None)) for bound in (start, stop)):
        return None
    if length is None:
        return [0, 0] if start in (None, 0) and stop is None else None
    first, last, _ = slice(start, stop).indices(length)
    return [first, length - last] if first < last else None


def zero_padding(chain: Chain) -> Layer | None:
    step = chain.only
    widths = step.config.get("pad_width") if step is not None and step.operation == "Pad" else None
    if step is None or not isinstance(widths, list) or not 3 <= len(widths) <= 5 or step.config.get("mode", "constant") != "constant":
        return None
    sides = widths[1:-1]
    if widths[0] != [0, 0] or widths[-1] != [0, 0] or any(width < 0 for pair in sides for width in pair):
        return None
    rank = len(sides)
    return Layer(f"ZeroPadding{rank}D", {"padding": sides[0] if rank == 1 else sides, **(CHANNELS_LAST if rank > 1 else {})})


def repeat_vector(chain: Chain) -> Layer | None:
    if chain.given is None or len(chain.given) != 2 or chain.given[1] is None or any(not step.plain for step in chain.steps):
        return None
    if len(chain.steps) != 2 or chain.operations[0] != "ExpandDims" or chain.steps[0].config.get("axis") not in (1, -2):
        return None
    last = chain.steps[1]
    if last.operation == "Tile" and isinstance(counts := last.config.get("repeats"), list) and len(counts) == 3:
        return Layer("RepeatVector", {"n": counts[1]}) if counts[0] == counts[2] == 1 and counts[1] > 0 else None
    if last.operation == "Repeat" and last.config.get("axis") in (1, -2) and type(count := last.config.get("repeats")) is int:
        return Layer("RepeatVector", {"n": count}) if count > 0 else None
    return None


def up_sampling(chain: Chain) -> Layer | None:
    """Each row, and then each column, several times."""
    shape = chain.given
    if set(chain.operations) != {"Repeat"} or shape is None or any(not step.plain for step in chain.steps):
        return None
    axes, sizes = zip(*((step.config.get("axis"), step.config.get("repeats")) for step in chain.steps), strict=True)
    if any(type(size) is not int or size < 1 for size in sizes) or any(type(axis) is not int for axis in axes):
        return None
    places = [axis % len(shape) for axis in axes]
    if len(shape) == 3 and places == [1]:
        return Layer("UpSampling1D", {"size": sizes[0]})
    is_image = len(shape) == 4 and places == [1, 2]
    return Layer("UpSampling2D", {"size": list(sizes), "interpolation": "nearest", **CHANNELS_LAST}) if is_image else None


PATTERNS: Final[tuple[Pattern, ...]] = (reshape, permute, crop, zero_padding, repeat_vector, up_sampling)
