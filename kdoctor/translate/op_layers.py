"""The TensorFlow-op layers of one Functional model as operation nodes of Keras 3: the model's list of layers, written anew."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from kdoctor.document import Json
from kdoctor.graph.shapes import called, input_shape
from kdoctor.keras_api.retired import OPERATION_LAYERS
from kdoctor.keras_api.variables.table import UNREADABLE
from kdoctor.keras_api.variables.variable import Shapes
from kdoctor.structure.call_numbers import counted_from_one, less_one
from kdoctor.structure.connections import calls_of
from kdoctor.structure.layers import layer_list, layer_nodes
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import Source, tensors
from kdoctor.translate.batch import MIXING
from kdoctor.translate.graph import Graph, reference
from kdoctor.translate.layer_dtypes import returned_dtype
from kdoctor.translate.op_calls import call_of
from kdoctor.translate.table import call
from kdoctor.translate.values import Tensor, Untranslatable, Value

Step = tuple[str, int]  # a layer's name and which of its calls
OUTPUTS = 1000  # of one call, at most


@dataclass(frozen=True, slots=True)
class Refusal:
    """A layer that has no counterpart, and why."""

    layer: str
    why: str


@dataclass(frozen=True, slots=True)
class Translated:
    """``layers`` and ``outputs`` replace the model's own; empty when something is refused."""

    layers: list[Json] | None
    outputs: Json
    refused: tuple[Refusal, ...]


def key_of(node: Node) -> str:
    """The name that connections use."""
    beside = node.raw.get("name")
    return beside if isinstance(beside, str) else node.name or ""


def translated(model: Node, given: Shapes, release: str, keras_minor: tuple[int, int] | None, *, at_once: bool = False) -> Translated:
    """The model with operations in place of its TensorFlow-op layers; ``given`` are the shapes that it is called with, if they are known.

    at_once: whether that Keras called it for all times of a sequence at once, which the target does one by one (TimeDistributed).
    """
    walk = _Walk(model, given, release, keras_minor, at_once)
    walk.follow()
    if walk.refused:
        return Translated(None, None, tuple(walk.refused.values()))
    try:
        return Translated(walk.written(), walk.followed(less_one(model.config.get("output_layers"), walk.stacks)), ())
    except (Untranslatable, *UNREADABLE) as error:
        return Translated(None, None, (Refusal(walk.at_fault or model.name or "", _told(error)),))


def _told(error: Exception) -> str:
    """Why an operation has no counterpart; what a rule meets in a file that no TensorFlow wrote is no sentence."""
    return str(error) if isinstance(error, Untranslatable) else "a value of it is none that TensorFlow writes"


@dataclass(slots=True)
class _Walk:
    model: Node
    given: Shapes
    release: str
    keras_minor: tuple[int, int] | None
    at_once: bool = False
    layers: dict[str, Node] = field(default_factory=dict)
    connections: dict[str, list[Json]] = field(default_factory=dict)
    values: dict[Step, list[Value]] = field(default_factory=dict)
    refused: dict[str, Refusal] = field(default_factory=dict)
    at_fault: str = ""
    graph: Graph = field(init=False)
    stacks: frozenset[str] = frozenset()  # Sequentials whose calls are counted from one, and from zero when it is written
    inputs: dict[str, int] = field(default_factory=dict)  # by name, in the order of the model's
    counts: dict[Step, int] = field(default_factory=dict)  # how many outputs of each call are referred to

    def __post_init__(self) -> None:
        nodes = layer_nodes(self.model)
        numbered = counted_from_one(nodes, self.model.config.get("output_layers"))
        self.stacks = numbered & {key_of(node) for node in nodes if node.class_name == "Sequential"}
        for node in nodes:
            stored = node.raw.get("inbound_nodes")
            self.layers[key_of(node)] = node
            self.connections[key_of(node)] = less_one(stored, numbered) if isinstance(stored, list) else []
        self.graph = Graph(self.release, set(self.layers), keras_minor=self.keras_minor)
        for place, source in enumerate(tensors(self.model.config.get("input_layers"), by_name=True)):
            self.inputs.setdefault(source.layer, place)
        for source in tensors([*self.connections.values()], by_name=True):
            if 0 <= source.output < OUTPUTS:
                step = source.layer, source.call
                self.counts[step] = max(self.counts.get(step, 0), source.output + 1)

    def follow(self) -> None:
        """Each call of each layer as soon as all that it takes is known; a loop leaves its calls out."""
        waiting: dict[Step, int] = {}
        readers: dict[Step, list[Step]] = {}
        for name, calls in self.connections.items():
            for index, connection in enumerate(calls or [[]]):
                needs = {(source.layer, source.call) for source in tensors(connection, by_name=True) if source.layer in self.layers}
                waiting[name, index] = len(needs)
                for need in needs:
                    readers.setdefault(need, []).append((name, index))
        ready = deque(step for step, count in waiting.items() if count == 0)
        while ready:
            step = ready.popleft()
            self.take(step)
            for reader in readers.get(step, ()):
                waiting[reader] -= 1
                if waiting[reader] == 0:
                    ready.append(reader)

    def take(self, step: Step) -> None:
        name, index = step
        node = self.layers[name]
        calls = self.connections[name]
        connection = calls[index] if calls else []
        follow = self.operation if node.class_name in OPERATION_LAYERS else self.kept
        try:
            self.values[step] = follow(node, step, connection)
        except (Untranslatable, *UNREADABLE) as error:
            self.refused.setdefault(name, Refusal(name, _told(error)))

    def kept(self, node: Node, step: Step, connection: Json) -> list[Value]:
        """What a layer that stays returns, as far as it is known."""
        sources = calls_of({"inbound_nodes": [connection]})[0] if connection else ()
        found = [self.value_of(source) for source in sources if (source.layer, source.call) in self.values]
        shapes = tuple(value.shape if isinstance(value, Tensor) else None for value in found)
        dtypes = tuple(value.dtype if isinstance(value, Tensor) else None for value in found)
        if node.class_name == "InputLayer":
            place = self.inputs.get(step[0], len(self.given))
            shapes = self.given[place : place + 1]
        made = called(node, shapes) if node.class_name != "InputLayer" else (input_shape(node, shapes),)
        dtype = returned_dtype(node, dtypes)
        known = [*made, *(None,) * (self.counts.get(step, 1) - len(made))]
        return [Tensor(*step, output, shape, dtype, True) for output, shape in enumerate(known)]

    def operation(self, node: Node, step: Step, connection: Json) -> list[Value]:
        """One call of an operation; its result stands under the layer's own name where it can."""
        mark = self.graph.mark()
        name, args, kwargs = call_of(node, connection, self.value_of)
        found = call(self.graph, name, args, kwargs)
        if self.at_once and self.graph.mixes:
            self.graph.mixes = False
            raise Untranslatable(MIXING)
        listed = list(found) if isinstance(found, (list, tuple)) else [found]
        if any(isinstance(each, Tensor) and not self._is_new(each, mark) for each in listed):
            listed = [self.graph.same(each) if isinstance(each, Tensor) and not self._is_new(each, mark) else each for each in listed]
        return self._named(step[0], listed, mark) if len(self.connections[step[0]]) <= 1 else listed

    def _is_new(self, tensor: Tensor, mark: int) -> bool:
        return any(node["name"] == tensor.layer for node in self.graph.layers[mark:])

    def _named(self, name: str, values: list[Value], mark: int) -> list[Value]:
        """The operation that makes the result takes the layer's name, so that references to it stay as they are."""
        makers = {value.layer for value in values if isinstance(value, Tensor)}
        if len(makers) != 1 or "/" in name:
            return values
        (maker,) = makers
        node = next(node for node in self.graph.layers[mark:] if node["name"] == maker)
        node["name"] = name
        if "name" in node["config"]:
            node["config"]["name"] = name
        self.graph.taken.discard(maker)
        return [Tensor(name, 0, v.output, v.shape, v.dtype, v.batched) if isinstance(v, Tensor) else v for v in values]

    def value_of(self, source: Source) -> Value:
        """What a connection names. Raises `Untranslatable` when that itself has no counterpart."""
        found = self.values.get((source.layer, source.call))
        if found is None:
            raise Untranslatable(f"it works on what {source.layer!r} returns")
        if not 0 <= source.output < len(found):
            raise Untranslatable(f"{source.layer!r} has no output {source.output}")
        return found[source.output]

    def written(self) -> list[Json]:
        """The layers that stay, their connections followed, and the operations that are needed.

        Of a nested Functional the connections that stay are counted as they were: K604 writes all of them so that nobody counts them twice.
        """
        kept: list[Json] = []
        wanted = [self._tensor(source) for source in self._ends() if self.layers[source.layer].class_name in OPERATION_LAYERS]
        items, _ = layer_list(self.model)
        for item in items:
            name = item.get("name") if isinstance(item.get("name"), str) else item.get("config", {}).get("name")
            if name in self.layers and self.layers[name].class_name in OPERATION_LAYERS:
                continue
            self.at_fault = str(name)
            calls = less_one(item.get("inbound_nodes"), self.stacks)
            kept.append({**item, "inbound_nodes": self.followed(calls)} if isinstance(calls, list) else item)
        return [*kept, *self.graph.needed(wanted)]

    def _ends(self) -> list[Source]:
        """What the layers that stay, and the model's outputs, take."""
        values = [self.connections[name] for name, node in self.layers.items() if node.class_name not in OPERATION_LAYERS]
        return [
            source for source in tensors([*values, self.model.config.get("output_layers")], by_name=True) if source.layer in self.layers
        ]

    def _tensor(self, source: Source) -> Tensor:
        value = self.value_of(source)
        if not isinstance(value, Tensor):
            self.at_fault = source.layer
            raise Untranslatable("its result, which is no tensor in Keras, is used as one")
        return value

    def followed(self, value: Json) -> Json:
        """Connections with the names of what took the place of an operation's layer."""
        if isinstance(value, list):
            if len(value) >= 3 and isinstance(value[0], str) and type(value[1]) is int and type(value[2]) is int:
                node = self.layers.get(value[0])
                if node is None or node.class_name not in OPERATION_LAYERS:
                    return [*value[:3], *(self.followed(item) for item in value[3:])]
                return [*reference(self._tensor(Source(*value[:3]))), *(self.followed(item) for item in value[3:])]
            return [self.followed(item) for item in value]
        if isinstance(value, Mapping):
            return {key: self.followed(item) for key, item in value.items()}
        return value
