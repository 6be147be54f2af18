"""What the equation of an EinsumDense says about its kernel, its bias and its output (einsum_dense._analyze_einsum_string)."""

from __future__ import annotations

import re
from typing import NamedTuple

from kdoctor.keras_api.variables.variable import Config, Shape, whole

FORMS = (
    (re.compile("([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)"), False),
    (re.compile("0([a-zA-Z]+),([a-zA-Z]+)->0([a-zA-Z]+)"), True),
    (re.compile("([a-zA-Z]{2,})0,([a-zA-Z]+)->([a-zA-Z]+)0"), False),
)


class Equation(NamedTuple):
    """Shapes of kernel, bias (None without one) and output (None where the input's rank decides and is not known).

    ``reduced`` and ``kept`` are the lengths of the kernel's axes that are summed over, and of the others. ``scale`` has the output's axes,
    1 for those that the kernel has not: the scale of a kernel of int8; None where axes are left out.
    """

    kernel: Shape
    bias: Shape | None
    output: Shape | None
    reduced: Shape
    kept: Shape
    scale: Shape | None


def read_equation(config: Config, shape: Shape | None) -> Equation:
    """Read the equation in a layer's config for an input of this shape. Raises `ValueError` for one that Keras does not take."""
    taken, kernel, given, left = _split(config["equation"])
    elided = 0 if shape is None else len(shape) - len(taken)
    output = _output(config["output_shape"], shape, elided, left)
    by_output = {label: output[index + (elided if left else 0)] for index, label in enumerate(given)}
    offset = elided if left else 0
    by_input = {label: None if shape is None else shape[index + offset] for index, label in enumerate(taken)}
    lengths = {label: by_output[label] if label in by_output else by_input[label] for label in kernel}
    return Equation(
        kernel=tuple(lengths[label] for label in kernel),
        bias=_bias(config.get("bias_axes"), given, by_output, 0 if left else elided),
        output=None if shape is None else output,
        reduced=tuple(lengths[label] for label in kernel if label not in given),
        kept=tuple(lengths[label] for label in kernel if label in given),
        scale=None if "..." in config["equation"] else tuple(lengths.get(label, 1) for label in given),
    )


def contradicted(config: Config, shape: Shape | None) -> str | None:
    """The label of an axis whose length the layer states and its input leaves open: "Input shape and output shape do not match at shared
    dimension". None where there is none, or where the config does not tell."""
    if shape is None:
        return None
    try:
        taken, _, given, left = _split(str(config.get("equation")))
        output = _output(config["output_shape"], shape, len(shape) - len(taken), left)
    except (KeyError, TypeError, ValueError):
        return None
    if len(shape) != len(taken) or len(output) != len(given):
        return None  # axes that are left out are not compared
    stated = dict(zip(given, output, strict=True))
    pairs = list(zip(taken, shape, strict=True))[1:]
    return next((label for label, length in pairs if length is None and stated.get(label) is not None), None)


def told_output(config: Config, shape: Shape | None) -> tuple[int, ...] | None:
    """What ``output_shape`` would be with the lengths that the input has for those left open: Keras 2 goes by them, Keras 3 by what is stated.

    None where none is open, and where the input does not tell all of them.
    """
    stated = config.get("output_shape")
    lengths = list(stated) if isinstance(stated, (list, tuple)) else [stated]
    if shape is None or None not in lengths:
        return None
    try:
        taken, _, given, _ = _split(str(config.get("equation")))
    except ValueError:
        return None
    if len(shape) != len(taken) or len(given) != len(lengths) + 1:
        return None  # axes are left out
    known = dict(zip(taken, shape, strict=True))
    found = [known.get(label) if length is None else length for label, length in zip(given[1:], lengths, strict=True)]
    told = tuple(length for length in found if type(length) is int)
    return told if len(told) == len(found) else None


def _split(equation: str) -> tuple[str, str, str, bool]:
    """The labels of input, kernel and output, and whether the axes left out are the first ones."""
    for form, left in FORMS:
        found = form.match(equation.replace("...", "0"))
        if found is not None:
            return found[1], found[2], found[3], left
    raise ValueError(f"{equation!r} is no equation of an EinsumDense")


def _output(stated: object, shape: Shape | None, elided: int, left: bool) -> Shape:
    lengths = list(stated) if isinstance(stated, (list, tuple)) else [whole(stated)]
    if shape is None:
        return (None, *lengths)
    if elided > 0 and left:
        return (shape[0], *shape[elided - 1 : 0 : -1], *lengths)  # Keras turns these around, and builds what follows by it
    return (shape[0], *lengths, *shape[len(shape) - elided :]) if elided > 0 else (shape[0], *lengths)


def _bias(axes: object, given: str, lengths: dict[str, int | None], right: int) -> Shape | None:
    """One length for each output axis from the first one that has a bias; 1 where an axis has none."""
    if not isinstance(axes, str) or not axes:
        return None
    start = min(given.index(label) for label in axes)
    return (*(lengths[label] if label in axes else 1 for label in given[start:]), *(1,) * max(right, 0))
