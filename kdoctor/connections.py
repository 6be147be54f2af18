"""Which tensors each call of a layer takes in a Functional model, by the argument that they are given to; both dialects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kdoctor.document import Json
from kdoctor.layers import Source

# Arguments that carry what a layer works on, in the order of their positions; masks and states are none.
INPUTS = ("inputs", "input", "x", "x1", "query", "x2", "value", "key")


@dataclass(frozen=True, slots=True)
class Taken:
    """One tensor, and the name of the argument that it is given to; None for one given by position."""

    source: Source
    argument: str | None


def calls_of(layer: Mapping[str, Json]) -> tuple[tuple[Source, ...], ...]:
    """For each call of a serialized layer the tensors that it works on, in order: query, value, key where they have names."""
    nodes = layer.get("inbound_nodes")
    return tuple(_inputs(node) for node in nodes) if isinstance(nodes, list) else ()


def _inputs(node: Json) -> tuple[Source, ...]:
    taken = list(_keras_3(node) if isinstance(node, dict) else _keras_2(node))
    placed = [item.source for item in taken if item.argument is None]
    named = [item for item in taken if item.argument in INPUTS]
    named.sort(key=lambda item: INPUTS.index(item.argument or ""))
    return (*placed, *(item.source for item in named))


def _keras_3(node: Mapping[str, Json]) -> Iterator[Taken]:
    """``{"args": […], "kwargs": {…}}`` with ``__keras_tensor__`` objects anywhere inside."""
    for source in tensors(node.get("args")):
        yield Taken(source, None)
    named = node.get("kwargs")
    for argument, value in named.items() if isinstance(named, dict) else ():
        for source in tensors(value):
            yield Taken(source, argument)


def _keras_2(node: Json) -> Iterator[Taken]:
    """``[[layer, call, output, {argument: [layer, call, output]}], …]``, or one such entry alone."""
    entries = node if isinstance(node, list) else []
    for entry in [entries] if _source(entries) is not None else entries:
        source = _source(entry)
        if source is None:
            continue
        yield Taken(source, None)
        named = entry[3] if len(entry) > 3 and isinstance(entry[3], dict) else {}
        for argument, value in named.items():
            for found in tensors(value):
                yield Taken(found, argument)


def tensors(value: Json) -> Iterator[Source]:
    """Every tensor that a JSON value refers to, in order, without recursion."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            config = item.get("config")
            if item.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
                item = config.get("keras_history")
            else:
                stack.extend(reversed(list(item.values())))
        source = _source(item)
        if source is not None:
            yield source
            stack.extend(more for more in item[3:] if isinstance(more, dict))  # Keras 2: tensors among the keywords of a call
        elif isinstance(item, list):
            stack.extend(reversed(item))


def _source(value: Json) -> Source | None:
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], str):
        return None
    name, call, output = value[:3]
    return Source(name, call, output) if type(call) is int and type(output) is int else None
