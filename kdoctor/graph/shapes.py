"""The shapes of all tensors in a model, from the file alone: inferred through the graph, and anchored where the file states them.

Anchors are InputLayers, ``batch_input_shape`` of a first layer, ``build_input_shape``, and each layer's own ``build_config``, which
counts where nothing else is known: after a Lambda, a layer of the user's own, an operation without a rule.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, TypeAlias

from kdoctor.document import Document
from kdoctor.keras_api.output_shapes.table import outputs_of
from kdoctor.keras_api.variables.table import DEEPEST
from kdoctor.keras_api.variables.variable import Shape, Shapes
from kdoctor.pointer import Pointer
from kdoctor.structure.connections import inputs_of
from kdoctor.structure.layers import is_model, layer_list, layer_nodes, layers_of
from kdoctor.structure.objects import Node, model_of
from kdoctor.structure.sequential import as_shape, statements, states_its_input
from kdoctor.structure.sources import Source, tensors

BUILT_WITH = ("query_shape", "value_shape", "key_shape", "sequences_shape", "inputs_shape")  # of several, in the order of the arguments
Step: TypeAlias = "tuple[str, int]"  # a layer's name and which of its calls
Tensor: TypeAlias = "tuple[Step, int]"  # and the number of the output


class Inferred(NamedTuple):
    """For each layer, by its place: the shapes of the tensors that it is first called with, and of those that it then returns.

    calls: all shapes that it is called with, each once.
    """

    inputs: Mapping[Pointer, Shapes]
    outputs: Mapping[Pointer, Shapes]
    calls: Mapping[Pointer, tuple[Shapes, ...]]


@lru_cache(maxsize=4)
def infer(document: Document) -> Inferred:
    """The shapes in a document. Never raises; what cannot be told is None, or not in the mappings."""
    model = model_of(document)
    return Inferred({}, {}, {}) if model is None else infer_model(model, ())


@lru_cache(maxsize=4)
def output_shapes(document: Document) -> Mapping[Pointer, Shape]:
    """The shape of each layer's (first) output, the batch first, for the layers where it can be told."""
    return {at: shapes[0] for at, shapes in infer(document).outputs.items() if shapes and shapes[0] is not None}


def infer_model(model: Node, given: Shapes) -> Inferred:
    """The shapes inside one model that is called with tensors of these shapes (none: with what it states itself)."""
    walk = _Walk()
    walk.call(model, given, 0)
    calls: dict[Pointer, tuple[Shapes, ...]] = {}
    for at, shapes in walk.known:
        calls[at] = (*calls.get(at, ()), shapes)
    return Inferred(walk.inputs, walk.outputs, calls)


def called(node: Node, given: Shapes) -> Shapes:
    """The shapes that one layer or model returns for inputs of these shapes; empty where that cannot be told."""
    return _Walk().call(node, given, 0)


def input_shape(layer: Node, given: Shapes) -> Shape | None:
    """The shape that an InputLayer states, or is given."""
    return _narrowed(given[0] if given else None, _stated(layer))


@dataclass(slots=True)
class _Walk:
    inputs: dict[Pointer, Shapes] = field(default_factory=dict)
    outputs: dict[Pointer, Shapes] = field(default_factory=dict)
    known: dict[tuple[Pointer, Shapes], Shapes] = field(default_factory=dict)  # a model that is called again is not walked again

    def call(self, node: Node, given: Shapes, depth: int) -> Shapes:
        """What a layer or model returns for these inputs; empty where that cannot be told."""
        if not given or None in given:
            given = given if not given and states_its_input(node) else _anchored(node, given)
        key = (node.at, given)
        found = self.known.get(key)
        if found is None:
            self.known[key] = ()  # a layer that contains itself ends here
            found = self.known[key] = self._called(node, given, depth)
        self.inputs.setdefault(node.at, given)
        self.outputs.setdefault(node.at, found)
        return found

    def _called(self, node: Node, given: Shapes, depth: int) -> Shapes:
        if depth > DEEPEST:
            return ()
        if is_model(node):
            return self._functional(node, given, depth) if "output_layers" in node.config else self._sequential(node, given, depth)
        return outputs_of(node, given, lambda inside, shapes: self.call(inside, shapes, depth + 1) or None) or ()

    def _sequential(self, model: Node, given: Shapes, depth: int) -> Shapes:
        nodes = layer_nodes(model)
        shapes = given or (None if states_its_input(model) else as_shape(model.config.get("build_input_shape")),)
        for index, layer in enumerate(nodes):
            if layer.at.keys[-1] != index:  # after one that is no layer
                return ()
            if layer.class_name == "InputLayer":
                shapes = self._input(layer, shapes)
                continue
            if index == 0:
                shapes = (_narrowed(shapes[0] if shapes else None, _stated(layer)), *shapes[1:])
            shapes = self.call(layer, shapes, depth + 1)
        return shapes if len(nodes) == len(layer_list(model)[0]) else ()

    def _input(self, layer: Node, given: Shapes) -> Shapes:
        found = (input_shape(layer, given),)
        self.inputs.setdefault(layer.at, found)
        self.outputs.setdefault(layer.at, found)
        return found

    def _functional(self, model: Node, given: Shapes, depth: int) -> Shapes:
        """Each call of each layer as soon as all that it takes is known; a loop leaves its calls out."""
        graph = _Graph(model)
        ends = enumerate(tensors(model.config.get("input_layers"), by_name=True))
        taken = {source.layer: given[index : index + 1] for index, source in ends}
        made: dict[Step, Shapes] = {}
        waiting = dict.fromkeys(graph.calls, 0)
        for readers in graph.readers.values():
            for reader in readers:
                waiting[reader] += 1
        ready = deque(step for step, count in waiting.items() if count == 0)
        while ready:
            step = ready.popleft()
            layer = graph.layers[step[0]]
            if layer.class_name == "InputLayer":
                made[step] = self._input(layer, taken.get(step[0], ()))
            else:
                made[step] = self.call(layer, tuple([_output(made, tensor) for tensor in graph.calls[step]]), depth + 1)
            for after in graph.readers.get(step, ()):
                waiting[after] -= 1
                if waiting[after] == 0:
                    ready.append(after)
        return tuple(_output(made, tensor) for tensor in graph.ends)


class _Graph:
    """The layers of a Functional model by name, what each of their calls takes, who reads each call, and the model's own outputs."""

    def __init__(self, model: Node) -> None:
        rows = {row.key: row for row in layers_of(model)}
        self.layers: dict[str, Node] = {name: row.node for name, row in rows.items()}
        self._counts: dict[str, int] = {}
        sources: dict[Step, list[Source]] = {}
        for name, row in rows.items():
            calls = inputs_of(row) or ((),)
            self._counts[name] = len(calls)
            for index, call in enumerate(calls):
                sources[name, index] = [source for source in call if source.layer in self.layers]
        ends = tensors(model.config.get("output_layers"), by_name=True)
        # A nested model of Keras 2 counts its own making as its first call.
        taken = chain(*sources.values(), ends)
        self._shifted = {source.layer for source in taken if source.call >= self._counts.get(source.layer, 0)}
        self.calls: dict[Step, list[Tensor]] = {step: [*map(self._tensor, found)] for step, found in sources.items()}
        self.ends = [self._tensor(source) for source in ends]
        self.readers: dict[Step, list[Step]] = {}
        for reader, tensors_taken in self.calls.items():
            for step in dict.fromkeys([step for step, _ in tensors_taken]):
                self.readers.setdefault(step, []).append(reader)

    def _tensor(self, source: Source) -> Tensor:
        layer, number, output = source
        call = number - 1 if layer in self._shifted else number
        return (layer, min(call, self._counts.get(layer, 1) - 1) if call > 0 else 0), output


def _output(made: Mapping[Step, Shapes], tensor: Tensor) -> Shape | None:
    step, output = tensor
    found = made.get(step, ())
    return found[output] if 0 <= output < len(found) else None


def built_with(node: Node) -> Shapes:
    """The input shapes that a layer says it was built with, in the order of its arguments; empty where it says nothing."""
    config = node.build_config
    several = config.get("shapes_dict")
    if several is not None and isinstance(several, Mapping):
        return tuple(as_shape(several[name]) for name in BUILT_WITH if several.get(name) is not None)
    built = as_shape(config.get("input_shape"))
    return () if built is None else (built,)


def _anchored(node: Node, given: Shapes) -> Shapes:
    """The inputs where not all are known, as the layer says that it was built."""
    built = built_with(node)
    return built if built and len(built) >= len(given) else given


def _stated(layer: Node) -> Shape | None:
    return next((statement.shape for statement in statements(layer)), None)


def _narrowed(given: Shape | None, stated: Shape | None) -> Shape | None:
    """What a call gives, with the lengths that the file states where the call leaves them open."""
    if given is None or stated is None or len(given) != len(stated):
        return stated if given is None else given
    return tuple(own if length is None else length for length, own in zip(given, stated, strict=True))
