"""Which tensors each call of a layer takes in a Functional model, by the argument that they are given to, and in which form; both dialects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from kdoctor.document import Json
from kdoctor.structure.layers import Layer
from kdoctor.structure.sources import PLAIN, TENSOR, Alone, Listed, Source, are_alone, as_source, is_named, only_tensor, tensors

# Arguments that carry what a layer works on, in the order of their positions; masks and states are none.
INPUTS = ("inputs", "input", "x", "x1", "query", "x2", "value", "key")


class Taken(NamedTuple):
    """One tensor, and the name of the argument that it is given to; None for one given by position."""

    source: Source
    argument: str | None


class Form(Enum):
    """How an argument holds its tensors: one as it is, several (or one) in a list, or in something else."""

    ONE = "one"
    LIST = "list"
    OTHER = "other"


FORMS = {Alone: Form.ONE, Listed: Form.LIST}


class Argument(NamedTuple):
    """The tensors that one argument of a call holds, in order; ``name`` is None for one given by position."""

    name: str | None
    sources: tuple[Source, ...]
    form: Form


def arguments_of(node: Json) -> tuple[Argument, ...]:
    """The arguments of one call (an entry of ``inbound_nodes``) that hold tensors, those given by position first.

    A list node of Keras 2 hands over a single tensor as it is, and several as a list (functional.py, deserialize_node).
    """
    if (alone := only_tensor(node)) is not None:
        return (Argument(None, (alone,), Form.ONE),)
    if is_named(node):
        return (Argument(None, tensors(node, by_name=True), Form.OTHER),)
    if isinstance(node, dict):
        placed = node.get("args")
        named = node.get("kwargs")
        given = [(None, value) for value in (placed if isinstance(placed, list) else ())]
        found = [_argument(name, value) for name, value in (*given, *(named.items() if isinstance(named, dict) else ()))]
        return tuple(argument for argument in found if argument.sources)
    entries = node if isinstance(node, list) else []
    listed = (
        [source]
        if (source := as_source(entries)) is not None
        else [source for entry in entries if (source := as_source(entry)) is not None]
    )
    if not listed:
        return ()
    first = Argument(None, tuple(listed), Form.ONE if len(listed) == 1 else Form.LIST)
    return (first, *(Argument(item.argument, (item.source,), Form.ONE) for item in _keras_2(entries) if item.argument is not None))


def _argument(name: str | None, value: Json) -> Argument:
    sources = tuple(tensors(value))
    if isinstance(value, dict) and value.get("class_name") == TENSOR:
        return Argument(name, sources, Form.ONE)
    listed = isinstance(value, list) and all(isinstance(item, dict) and item.get("class_name") == TENSOR for item in value)
    return Argument(name, sources, Form.LIST if listed else Form.OTHER)


def calls_of(layer: Mapping[str, Json]) -> tuple[tuple[Source, ...], ...]:
    """For each call of a serialized layer the tensors that it works on, in order: query, value, key where they have names."""
    nodes = layer.get("inbound_nodes")
    return tuple(_inputs(node) for node in nodes) if isinstance(nodes, list) else ()


def inputs_of(layer: Layer) -> tuple[tuple[Source, ...], ...]:
    """The same of a layer in its container, whose calls have been looked at."""
    if are_alone(layer.calls):
        return layer.calls
    named = layer.node.config.get("input_layers")
    order = tuple(source.layer for source in tensors(named)) if isinstance(named, list) else ()
    return tuple([call if type(call) in PLAIN else _inputs(node, order) for call, node in zip(layer.calls, _nodes(layer), strict=True)])


def given_to(layer: Layer) -> tuple[tuple[Argument, ...], ...]:
    """The arguments of each call that hold tensors (`arguments_of`)."""
    return tuple(
        [
            (Argument(None, call, FORMS[type(call)]),) if type(call) in PLAIN and call else arguments_of(node)
            for call, node in zip(layer.calls, _nodes(layer), strict=True)
        ]
    )


def _nodes(layer: Layer) -> list[Json]:
    nodes = layer.node.raw.get("inbound_nodes")
    return nodes if isinstance(nodes, list) else []


def _inputs(node: Json, order: tuple[str, ...] = ()) -> tuple[Source, ...]:
    """The tensors that a call works on; of a dict in the order of its keys, as Keras flattens it, or in that of the inputs they are for."""
    if (alone := only_tensor(node)) is not None:
        return (alone,)
    if (keyed := _by_key(node)) is not None:
        return tensors([keyed[name] for name in order] if order and keyed.keys() >= {*order} else dict(keyed), by_name=True)
    taken = list(_keras_3(node) if isinstance(node, dict) else _keras_2(node))
    placed = [item.source for item in taken if item.argument is None]
    named = [item for item in taken if item.argument in INPUTS]
    named.sort(key=lambda item: INPUTS.index(item.argument or ""))
    return (*placed, *(item.source for item in named))


def _by_key(node: Json) -> Mapping[str, Json] | None:
    """The dict of tensors that a call is given and nothing else by position, in the words of either Keras."""
    if not isinstance(node, dict):
        return None
    if is_named(node):
        return node
    given = node.get("args")
    alone = given[0] if isinstance(given, list) and len(given) == 1 and not node.get("kwargs") else None
    return alone if isinstance(alone, dict) and alone.get("class_name") != TENSOR else None


def _keras_3(node: Mapping[str, Json]) -> Iterator[Taken]:
    """``{"args": […], "kwargs": {…}}`` with ``__keras_tensor__`` objects anywhere inside."""
    for source in tensors(node.get("args"), by_name=True):
        yield Taken(source, None)
    named = node.get("kwargs")
    for argument, value in named.items() if isinstance(named, dict) else ():
        for source in tensors(value):
            yield Taken(source, argument)


def _keras_2(node: Json) -> Iterator[Taken]:
    """``[[layer, call, output, {argument: [layer, call, output]}], …]``, or one such entry alone."""
    entries = node if isinstance(node, list) else []
    for entry in [entries] if as_source(entries) is not None else entries:
        source = as_source(entry)
        if source is None:
            continue
        yield Taken(source, None)
        named = entry[3] if len(entry) > 3 and isinstance(entry[3], dict) else {}
        for argument, value in named.items():
            for found in tensors(value):
                yield Taken(found, argument)
