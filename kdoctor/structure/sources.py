"""Which tensors a JSON value of a config refers to; both dialects."""

from __future__ import annotations

from typing import NamedTuple

from kdoctor.document import Json

TENSOR = "__keras_tensor__"
CONSTANT = "_CONSTANT_VALUE"  # ["_CONSTANT_VALUE", -1, number or array, keywords]: Keras 2's word for what no layer makes, where a tensor would stand
CALL = ("args", "kwargs")


class Source(NamedTuple):
    """Where one input tensor of a layer comes from: layer name, call (node) index, output index."""

    layer: str
    call: int
    output: int


def as_source(value: Json) -> Source | None:
    """A tensor in the words of Keras 1 and 2: ``[layer, call, output, …]``."""
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], str):
        return None
    return Source(value[0], value[1], value[2]) if type(value[1]) is int and type(value[2]) is int else None


def is_constant(value: Json) -> bool:
    """A number or an array that an operation of Keras 2 is given where a tensor would stand."""
    return isinstance(value, list) and len(value) >= 3 and value[0] == CONSTANT


def is_named(call: Json) -> bool:
    """Whether a call is one of Keras 2 with a dict of tensors: ``{key: [layer, call, output, {…}], …}``."""
    return isinstance(call, dict) and bool(call) and call.keys() != {*CALL} and all(as_source(value) is not None for value in call.values())


def only_tensor(call: Json) -> Source | None:
    """The tensor of a call that takes it alone and by position, in the words of Keras 3, as most calls do; None for every other call."""
    try:  # asked of every call of thousands by several checks: to ask first for each kind takes twice as long
        (tensor,), named = call["args"], call["kwargs"]
        name, number, output = tensor["config"]["keras_history"]
        if len(call) != len(CALL) or tensor["class_name"] != TENSOR or not isinstance(named, dict):
            return None
    except (TypeError, KeyError, ValueError):
        return None
    if type(name) is not str or type(number) is not int or type(output) is not int:
        return None
    if named and any(isinstance(value, (dict, list)) for value in named.values()):
        return None
    return Source(name, number, output)


class Alone(tuple[Source]):
    """The tensors of a call that takes one, by position: nothing else of such a call has to be looked at again."""

    __slots__ = ()


class Listed(tuple[Source, ...]):
    """The tensors of a call that takes one list of tensors, by position, in the order of the list; nor has such a call to be looked at again."""

    __slots__ = ()


_ALONE = frozenset({Alone})
PLAIN = frozenset({Alone, Listed})


def are_alone(calls: tuple[tuple[Source, ...], ...]) -> bool:
    """Whether every call is of one tensor, by position."""
    return {*map(type, calls)} <= _ALONE


def listed_tensors(call: Json) -> Listed | None:
    """Those of a call that takes one list of tensors and nothing else, in the words of Keras 3, as merging layers do; None for every other call."""
    found = []
    try:
        (listed,), named = call["args"], call["kwargs"]
        if named or len(call) != len(CALL) or type(listed) is not list:
            return None
        for tensor in listed:
            name, number, output = tensor["config"]["keras_history"]
            if tensor["class_name"] != TENSOR or type(name) is not str or type(number) is not int or type(output) is not int:
                return None
            found.append(Source(name, number, output))
    except (TypeError, KeyError, ValueError):
        return None
    return Listed(found)


def tensors(value: Json, *, by_name: bool = False) -> tuple[Source, ...]:
    """Every tensor that a value refers to, in order, without recursion; ``by_name``: dicts by their keys, as Keras 3 flattens them.

    Keras 2 has lists ``[name, call, output, keywords]``, nested or flat, and tensors among the keywords; Keras 3 ``__keras_tensor__`` anywhere.
    """
    if (alone := only_tensor(value)) is not None:
        return Alone((alone,))
    if (listed := listed_tensors(value)) is not None:
        return listed
    found: list[Source] = []
    stack = [value] if value else []
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            config = item.get("config")
            if isinstance(config, dict) and item.get("class_name") == TENSOR:
                stack.append(config.get("keras_history"))
            else:
                stack += [item[key] for key in sorted(item, reverse=True)] if by_name else reversed(item.values())
        elif isinstance(item, list):
            source = as_source(item)
            if source is None:
                stack += reversed(item)
            else:
                found.append(source)
                if len(item) > 3:
                    stack += [more for more in item[3:] if isinstance(more, dict)]
    return tuple(found)
