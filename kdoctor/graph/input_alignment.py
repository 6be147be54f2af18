"""Whether the tensors that a nested model is called with are those that its inputs are for: by their ranks and lengths.

As Functional.input_spec and Functional._adjust_input_rank of Keras 3 compare them: the batch is left out, an axis of one may come or go.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Final, NamedTuple

from kdoctor.keras_api.variables.variable import Shape, Shapes
from kdoctor.structure.layers import layers_of
from kdoctor.structure.objects import Node
from kdoctor.structure.sequential import statements
from kdoctor.structure.sources import tensors

MOST: Final = 6  # inputs whose orders are tried: 720


class Misalignment(NamedTuple):
    """An input that gets a tensor it is not for: in words, and as Keras says it."""

    message: str
    keras_says: str


def misaligned(model: Node, calls: tuple[Shapes, ...]) -> Iterator[Misalignment]:
    """The first input of each call that gets a tensor of another shape. Nothing where a shape is not known."""
    declared = model.config.get("input_layers")
    wanted = _stated(model)
    if not wanted or isinstance(declared, Mapping):
        return
    for given in calls:
        if len(given) != len(wanted):
            continue
        known = [(name, shape, got) for (name, shape), got in zip(wanted.items(), given, strict=True) if got is not None]
        wrong = next(((name, shape, got) for name, shape, got in known if not _takes(shape, got)), None)
        if wrong is not None and len(known) == len(wanted):
            yield _told(model, list(wanted), wrong, _order(list(wanted.values()), [got for _, _, got in known]))


def _stated(model: Node) -> dict[str, Shape]:
    """The inputs of a Functional in order, with their shapes; empty where one states none."""
    if "output_layers" not in model.config:
        return {}
    layers = {row.key: row.node for row in layers_of(model)}
    found: dict[str, Shape] = {}
    for source in tensors(model.config.get("input_layers")):
        layer = layers.get(source.layer)
        shape = None if layer is None or layer.class_name != "InputLayer" else next((s.shape for s in statements(layer)), None)
        if shape is None or source.layer in found:
            return {}
        found[source.layer] = shape
    return found


def _takes(wanted: Shape, given: Shape) -> bool:
    return _lengths_fit(wanted, given) and (
        len(given) == len(wanted)
        or (len(given) == len(wanted) + 1 and given[-1] == 1)
        or (len(given) == len(wanted) - 1 and wanted[-1] == 1)
    )


def _lengths_fit(wanted: Shape, given: Shape) -> bool:
    one = wanted[:-1] if wanted[-1:] == (1,) else wanted
    other = given[:-1] if given[-1:] == (1,) else given
    return all(a is None or b is None or a == b for a, b in zip(one[1:], other[1:], strict=False))


def _order(wanted: list[Shape], given: list[Shape]) -> tuple[int, ...] | None:
    """The one order of the tensors in which all fit; None where there is none, or more than one."""
    if len(wanted) > MOST:
        return None
    orders = [
        order
        for order in permutations(range(len(given)))
        if all(_takes(shape, given[index]) for shape, index in zip(wanted, order, strict=True))
    ]
    return orders[0] if len(orders) == 1 else None


def _told(model: Node, names: list[str], wrong: tuple[str, Shape, Shape], order: tuple[int, ...] | None) -> Misalignment:
    name, shape, got = wrong
    hint = "" if order is None else f"; in the order {', '.join(str(index + 1) for index in order)} its tensors would fit"
    open_batch, index = (None, *shape[1:]), names.index(name)
    says = (
        f"ValueError: Input {index} with name '{name}' of layer '{model.name}' is incompatible with the layer: "
        f"expected shape={open_batch}, found shape="
        if not _lengths_fit(shape, got)
        else "ValueError: Invalid input shape for input"
    )
    return Misalignment(f"is given {got} for its input {name!r} of {shape}{hint}", says)
