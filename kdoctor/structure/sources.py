"""Which tensors a JSON value of a config refers to; both dialects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from kdoctor.document import Json


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


def tensors(value: Json, *, by_name: bool = False) -> Iterator[Source]:
    """Every tensor that a value refers to, in order, without recursion; ``by_name``: dicts by their keys, as Keras 3 flattens them.

    Keras 2 has lists ``[name, call, output, keywords]``, nested or flat, and tensors among the keywords; Keras 3 ``__keras_tensor__`` anywhere.
    """
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            if item.get("class_name") == "__keras_tensor__" and isinstance(item.get("config"), dict):
                stack.append(item["config"].get("keras_history"))
            else:
                stack.extend([item[key] for key in sorted(item, reverse=True)] if by_name else reversed(item.values()))
        elif isinstance(item, list):
            source = as_source(item)
            if source is None:
                stack.extend(reversed(item))
            else:
                yield source
                if len(item) > 3:
                    stack.extend(more for more in item[3:] if isinstance(more, dict))
