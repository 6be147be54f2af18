"""The graph of a Functional model as statements: inputs, layers called in the order in which their inputs exist, outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kdoctor.document import Json
from kdoctor.identifiers import is_identifier
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.native_config import native_node
from kdoctor.pointer import Pointer
from kdoctor.rebuild.fragments import INDENT, Applied, Atom, Fragment, Item, call, listing, statement
from kdoctor.rebuild.inputs import as_input
from kdoctor.rebuild.literals import mapping
from kdoctor.rebuild.module import Module
from kdoctor.rebuild.names import Scope
from kdoctor.rebuild.objects import value
from kdoctor.rebuild.operations import auto_named, operation
from kdoctor.rebuild.outputs import flattened, may_nest, picked
from kdoctor.rebuild.shared import layer
from kdoctor.structure.layers import layer_list
from kdoctor.structure.objects import Node, as_node
from kdoctor.structure.sources import Source, as_source, is_named, tensors


class NotYet(Exception):
    """A tensor that no statement has made so far."""


@dataclass(slots=True)
class Graph:
    """One Functional model while its statements are written.

    made: layer key -> the variable of each call so far; held: key -> the variable of a layer that is called more than once.
    """

    module: Module
    model: Node
    scope: Scope
    nodes: Mapping[str, Node]
    several: Mapping[str, bool]
    lines: list[str] = field(default_factory=list)
    made: dict[str, list[str]] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)

    def write(self) -> None:
        """The statements of all layers. Calls that wait for others are written in a later round, as Keras does it."""
        waiting = {key: list(_calls(node)) for key, node in self.nodes.items()}
        while waiting:
            before = sum(len(calls) + 1 for calls in waiting.values())
            for key in list(waiting):
                self._advance(key, waiting)
            if sum(len(calls) + 1 for calls in waiting.values()) == before:
                stuck = next(iter(waiting))
                self.module.problem(f"the connections of {stuck!r} lead nowhere, or in a circle", self.nodes[stuck].at)
                return

    def _advance(self, key: str, waiting: dict[str, list[Json]]) -> None:
        node, calls = self.nodes[key], waiting[key]
        if node.class_name == "InputLayer":
            self.made[key] = [self._assign(key, as_input(self.module, node))]
            calls.clear()
        try:
            while calls:
                self._call(key, node, calls[0])
                del calls[0]
        except NotYet:
            return
        del waiting[key]

    def _call(self, key: str, node: Node, call_data: Json) -> None:
        args, kwargs = self._arguments(call_data, node)
        if of_keras_3(node):
            made = operation(self.module, node, args, kwargs, self._is_taken(node))
        else:
            items = [*(Item(item) for item in args), *(Item(item, f"{name}=") for name, item in kwargs.items())]
            made = Applied(self._layer(key, node), call("", items))
            if self.several.get(key, False) and may_nest(self.module, node):
                made = flattened(self.module, node, made)
        self.made.setdefault(key, []).append(self._assign(key, made))

    def _layer(self, key: str, node: Node) -> Fragment:
        """The constructor; for a layer that is called more than once its variable, assigned before the first call."""
        calls = node.raw.get("inbound_nodes")
        if not isinstance(calls, list) or len(calls) < 2:
            return layer(self.module, node)
        if key not in self.held:
            self.held[key] = self._assign(f"{key}_layer", layer(self.module, node))
        return Atom(self.held[key])

    def _is_taken(self, node: Node) -> bool:
        """Whether a layer has a name that Keras may choose for the operation: names are unique in a model."""
        name = auto_named(node)
        return any(
            (key == name or (key.startswith(f"{name}_") and key[len(name) + 1 :].isdecimal()))
            for key, other in self.nodes.items()
            if not of_keras_3(other)
        )

    def _assign(self, name: str, fragment: Fragment) -> str:
        variable = self.scope.variable(name)
        self.lines.append(statement(f"{variable} = ", fragment, INDENT))
        return variable

    def _arguments(self, data: Json, node: Node) -> tuple[list[Fragment], dict[str, Fragment]]:
        """What one call is given, in either form of a connection."""
        data = native_node(data) if is_named(data) else data
        if isinstance(data, Mapping):
            args, kwargs = data.get("args") or [], data.get("kwargs") or {}
            found = [self._value(item, node.at) for item in args]
        else:
            sources = [source for item in data if (source := as_source(item)) is not None]
            tensors = [self.tensor(source) for source in sources]
            found = [tensors[0] if len(tensors) == 1 else listing(tensors)]
            last = data[-1] if data else []
            kwargs = last[3] if isinstance(last, list) and len(last) > 3 and isinstance(last[3], Mapping) else {}
        named = {}
        for name, item in kwargs.items():
            if is_identifier(name):
                named[name] = self._value(item, node.at, name)
            else:
                self.module.problem(f"{node.name!r} is called with an argument {name!r}, which is no Python name", node.at)
        return found, named

    def _value(self, item: Json, at: Pointer, key: str = "") -> Fragment:
        """An argument of a call: tensors by their variables, in whatever collection they stand."""
        if isinstance(item, Mapping) and item.get("class_name") == "__keras_tensor__":
            config = item.get("config")
            source = as_source(config.get("keras_history")) if isinstance(config, Mapping) else None
            if source is None:
                self.module.problem("a connection that names no layer", at)
                return Atom("None")
            return self.tensor(source)
        if isinstance(item, (list, tuple)):
            return listing(self._value(one, at, key) for one in item)
        if isinstance(item, Mapping) and as_node(item, at) is None:
            return mapping({str(name): self._value(one, at, key) for name, one in item.items()})
        return value(self.module, item, at, key)

    def tensor(self, source: Source, *, from_one: bool = False) -> Fragment:
        """The expression of a tensor. ``from_one``: how the calls of a nested Functional are counted in a model's own endpoints.

        There Keras looks up one less than the number, and so takes 0 for the last call (``get_tensor`` of functional.py 3.15.1).
        """
        node = self.nodes.get(source.layer)
        if node is None:
            self.module.problem(f"a connection to {source.layer!r}, which is no layer of the model", self.model.at)
            return Atom("None")
        made = self.made.get(source.layer, [])
        number = (source.call or len(made)) - 1 if from_one and is_functional(node) else source.call
        if not 0 <= number < len(made):
            raise NotYet
        return Atom(picked(self.module, node, made[number], number, source.output, self.several.get(source.layer, False)))

    def endpoints(self, item: Json) -> Fragment:
        """``inputs`` or ``outputs``, in the structure in which the model takes or returns them."""
        source = as_source(item)
        if source is not None and len(item) == 3:
            return self.tensor(source, from_one=True)
        if isinstance(item, Mapping):
            return mapping({str(name): self.endpoints(one) for name, one in item.items()})
        return listing(self.endpoints(one) for one in (item if isinstance(item, list) else []))


def is_functional(node: Node) -> bool:
    """Whether the layer is a model of connected layers."""
    return isinstance(node.config.get("layers"), list) and "output_layers" in node.config


def graph_of(module: Module, model: Node, taken: Sequence[str]) -> Graph:
    """The graph of a Functional model, nothing written yet."""
    items, at = layer_list(model)
    nodes: dict[str, Node] = {}
    for index, item in enumerate(items):
        node = as_node(item, at / index)
        if node is None:
            module.problem("a layer that is no object", at / index)
            continue
        beside = node.raw.get("name")
        nodes[beside if isinstance(beside, str) else str(node.name)] = node
    return Graph(module, model, Scope(taken), nodes, _several(model))


def _several(model: Node) -> dict[str, bool]:
    """Layers of which something takes another output than the first."""
    sources = tensors([model.config.get(key) for key in ("layers", "output_layers")], by_name=True)
    found: dict[str, bool] = {}
    for source in sources:
        found[source.layer] = found.get(source.layer, False) or source.output > 0
    return found


def _calls(node: Node) -> list[Json]:
    calls = node.raw.get("inbound_nodes")
    return [one for one in calls if one] if isinstance(calls, list) else []
