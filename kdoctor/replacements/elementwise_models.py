"""Activations of Keras 1 that have a number of their own for each element, as small models: ParametricSoftplus and SReLU.

Source: keras/layers/advanced_activations.py of Keras 1.2.2. ``shared_axes`` is not in its configs: the arrays show it by lengths of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING, Final

from kdoctor.document import Json
from kdoctor.recipe import add, constant, reshape, scale
from kdoctor.replacements.small_layers import INPUT, Small, built, small_layer
from kdoctor.structure.objects import Node

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

PLACES: Final = ascii_lowercase[1:]  # of an einsum; "a" is the batch


def parametric_softplus(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...]) -> Small | None:
    """alpha log(1 + exp(beta x))."""
    alpha, beta = arrays
    if not _fit(shape, arrays):
        return None
    layers = (
        _line("curved", INPUT, shape, beta, activation="softplus"),
        _line("scaled", "curved", shape, alpha),
    )
    return Small(layers, {"curved": (_kernel(beta),), "scaled": (_kernel(alpha),)})


def s_shaped_relu(node: Node, shape: tuple[int | None, ...], arrays: tuple[Recipe, ...]) -> Small | None:
    """Slope 1 between two thresholds, other slopes left and right of them.

    With u = x - l, and v = u - |w| for the right threshold: relu(u) + (l - a relu(-u)) + (b - 1) relu(v), where relu(v) is the lesser of
    relu(u - w) and relu(u + w): one of them is that of the absolute value.
    """
    left, slope, width, right_slope = arrays
    if not _fit(shape, arrays):
        return None
    one = constant(1, left.shape, left.dtype)
    minus_left, minus_one = scale(left, -1), constant(-1, left.shape, left.dtype)
    lines: dict[str, tuple[str, str, Recipe, Recipe | None]] = {
        "above": (INPUT, "relu", one, minus_left),
        "below": (INPUT, "relu", minus_one, left),
        "right": (INPUT, "relu", one, add(minus_left, scale(width, -1))),
        "other_right": (INPUT, "relu", one, add(minus_left, width)),
        "left_part": ("below", "linear", scale(slope, -1), left),
        "right_part": ("beyond", "linear", add(right_slope, minus_one), None),
    }
    drawn = {name: _line(name, source, shape, kernel, bias, how) for name, (source, how, kernel, bias) in lines.items()}
    beyond = small_layer("Minimum", "beyond", ["right", "other_right"])
    whole = small_layer("Add", "whole", ["above", "left_part", "right_part"])
    order = (*(drawn[name] for name in ("above", "below", "right", "other_right")), beyond, drawn["left_part"], drawn["right_part"], whole)
    return Small(order, {name: (_kernel(kernel), *_bias(bias)) for name, (_, _, kernel, bias) in lines.items()})


def _fit(shape: tuple[int | None, ...], arrays: Sequence[Recipe]) -> bool:
    """Whether every array has one number for each element, or for all along an axis, and not one for all elements."""
    lengths = [array.shape for array in arrays]
    each = all(len(found) == len(shape) - 1 for found in lengths) and len({*lengths}) == 1
    own = each and all(found in (1, length) for found, length in zip(lengths[0], shape[1:], strict=True))
    return own and len(shape) <= len(PLACES) and any(length != 1 for length in lengths[0])


def _line(
    name: str, source: str, shape: tuple[int | None, ...], kernel: Recipe, bias: Recipe | None = None, activation: str = "linear"
) -> dict[str, Json]:
    """Each element times a number of its own, and another one added."""
    places = PLACES[: len(shape) - 1]
    own = "".join(place for place, length in zip(places, kernel.shape, strict=True) if length != 1)
    settings: dict[str, Json] = {"equation": f"a{places},{own}->a{places}", "output_shape": [*shape[1:]], "activation": activation}
    settings |= {} if bias is None else {"bias_axes": own}
    return built(small_layer("EinsumDense", name, [source], **settings), shape[1:])


def _kernel(array: Recipe) -> Recipe:
    return reshape(array, [length for length in array.shape if length != 1])


def _bias(array: Recipe | None) -> tuple[Recipe, ...]:
    """Keras makes it from the first axis on that it does not share."""
    if array is None:
        return ()
    first = next(axis for axis, length in enumerate(array.shape) if length != 1)
    return (reshape(array, array.shape[first:]),)
