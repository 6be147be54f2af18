"""A variable that a layer owns, and the words in which the rules for each class are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from kdoctor.document import Json
from kdoctor.structure.objects import Node

Shape: TypeAlias = "tuple[int | None, ...]"  # lengths by axis, the batch first where there is one; None is any length
Shapes: TypeAlias = "tuple[Shape | None, ...]"  # of the tensors that a layer is called with, in order; None is an unknown shape
Config: TypeAlias = "Mapping[str, Json]"


class Variable(NamedTuple):
    """One array that a layer keeps.

    path: where a Keras 3 archive stores it, relative to the layer's place (``vars/0``, ``cell/vars/1``);
    role: what it is to the layer (kernel, bias, moving_mean); shape: its lengths, None where config and input do not tell, or None for
    an unknown rank; weight: whether it is one of ``layer.weights``, which an ``.h5`` lists: others are states, or second copies.
    """

    path: str
    role: str
    shape: Shape | None
    trainable: bool = True
    weight: bool = True


Variables: TypeAlias = "tuple[Variable, ...]"
Inner: TypeAlias = "Callable[[Node, Shapes], Variables | None]"  # asks the same of a layer inside another one
Leaves: TypeAlias = "Callable[[Node], Iterable[tuple[Node, str]]]"  # the layers of a model that own variables, with their places in it
Rule: TypeAlias = "Callable[[Node, Shapes, Inner], Variables | None]"


def own(*named: tuple[str, Shape | None], frozen: Iterable[str] = ()) -> Variables:
    """The variables that a layer keeps itself, in order: their roles and shapes; ``frozen`` are the roles that no training changes."""
    return tuple([Variable(f"vars/{index}", role, shape, role not in frozen) for index, (role, shape) in enumerate(named)])


def below(part: str, variables: Variables) -> Variables:
    """The variables of a layer that is an attribute of another one."""
    return tuple([variable._replace(path=f"{part}/{variable.path}") for variable in variables])


def flagged(variables: Variables, trainable: bool) -> Variables:
    """The same variables, where a layer above decides that training changes them, or does not."""
    return tuple(variable._replace(trainable=trainable) for variable in variables)


def first(shapes: Shapes) -> Shape | None:
    """The shape of the first input, if it is known."""
    return shapes[0] if shapes else None


def length(shape: Shape | None, axis: int) -> int | None:
    """The length of an axis; None where it is not known."""
    return shape[axis] if shape is not None and -len(shape) <= axis < len(shape) else None


def channels(config: Config, shape: Shape | None) -> int | None:
    """The length of the axis of channels."""
    return length(shape, 1 if config.get("data_format") == "channels_first" else -1)


def times(*factors: int | None) -> int | None:
    """A product; None where a factor is not known."""
    product = 1
    for factor in factors:
        if factor is None:
            return None
        product *= factor
    return product


def whole(value: Json) -> int:
    """An integer from a config. Raises `TypeError` for anything else."""
    if type(value) is int:
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)  # Keras 1 and 2 stored numbers of some sources so
    raise TypeError(f"{value!r} is no whole number")


def whole_list(value: Json, rank: int) -> tuple[int, ...]:
    """One integer for each spatial axis, from an integer or a list. Raises `TypeError` or `ValueError` for anything else."""
    found = tuple(whole(item) for item in value) if isinstance(value, (list, tuple)) else (whole(value),) * rank
    if len(found) != rank:
        raise ValueError(f"{value!r} does not hold {rank} numbers")
    return found
