"""Masks on their way through a model that Keras 3 saved: those of Keras 3, and beside them those that Keras 2 would make by itself.

Keras 3 hands a layer the mask that stands in its call; else the one that comes with its tensor, if it takes one tensor alone: an LSTM with an
initial state has none. A MultiHeadAttention takes the masks off its tensors, so that whoever is called after it finds none there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kdoctor.convert.mask_rules import HEADS, Call, State, handed_on, heeded, unlike
from kdoctor.convert.mask_terms import Mask, Recorded, rank_of
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Json
from kdoctor.keras_api.operation import of_keras_3
from kdoctor.structure.layers import Layer, is_model, layer_nodes, layers_of
from kdoctor.structure.objects import Node
from kdoctor.structure.sources import Source, tensors

MASK = "mask"
Step = tuple[str, int]


class Habits(NamedTuple):
    """Whether attention of Keras 2 heeds masks, and whether that of Keras 3 makes zeros of hidden queries."""

    heads_heed: bool
    zeroed: bool


class Flow:
    """One walk. ``stops``: the calls of the outermost model that must not see a mask which Keras 2 would make: (layer, call)."""

    def __init__(self, habits: Habits) -> None:
        self.habits = habits
        self.stops: set[Step] = set()

    def through(self, model: Node, given: tuple[State, ...] = (), *, outermost: bool = True) -> tuple[State, ...]:
        """The masks of what comes out. Raises `NotConvertible` where a layer would compute with another mask in Keras 2."""
        if "output_layers" in model.config:
            return self._graph(model, given, outermost)
        state = given[:1] or (State(),)
        for index, node in enumerate(layer_nodes(model)):
            if node.class_name != "InputLayer":
                place = Source(str(node.name), 0, 0) if outermost else Source(f"{model.name}/{node.name}", 0, 0)
                source = (Source(f"{place.layer}<{index}", 0, 0), state[0])
                state = self._layer(Call(node, False, [source], (), [state[0].keras_3], None), place, False)
        return state

    def _graph(self, model: Node, given: tuple[State, ...], outermost: bool) -> tuple[State, ...]:
        rows = layers_of(model)
        graph = _Graph(model, rows)
        starts = {source.layer: state for source, state in zip(tensors(model.config.get("input_layers")), given, strict=False)}
        made: dict[Step, tuple[State, ...]] = {
            (row.key, 0): (starts.get(row.key, State()),) for row in rows if row.class_name == "InputLayer"
        }
        waiting = [(row, number) for row in rows for number in range(len(row.calls)) if row.class_name != "InputLayer"]
        while waiting:
            ready = [step for step in waiting if all((source.layer, source.call) in made for source in step[0].calls[step[1]])]
            if not ready:
                raise NotConvertible(f"the layers of {model.name!r} take what none of them makes")
            for row, number in ready:
                call = graph.call(row, number, made)
                made[row.key, number] = self._layer(call, Source(row.key, number, 0), outermost)
            done = {(row.key, number) for row, number in ready}
            waiting = [step for step in waiting if (step[0].key, step[1]) not in done]
        return tuple(_output(made, source) for source in tensors(model.config.get("output_layers")))

    def _layer(self, call: Call, place: Source, may_stop: bool) -> tuple[State, ...]:
        if not call.inputs:
            return (State(),)
        if is_model(call.node) and not call.operation:
            masks = call.given or [None] * len(call.inputs)
            inside = tuple(state._replace(keras_3=mask) for (_, state), mask in zip(call.inputs, masks, strict=False))
            return self.through(call.node, inside, outermost=False)
        pairs = heeded(call, self.habits.heads_heed)
        if any(one != other for one, other in pairs):
            if not may_stop or any(one is not None for one, _ in pairs):
                raise NotConvertible(
                    f"{call.node.class_name} {call.node.name!r} heeds another mask in Keras 2 than in Keras 3 "
                    "(masks are joined, handed on and dropped otherwise there)"
                )
            self.stops.add((place.layer, place.call))
            call = call._replace(inputs=[(source, state._replace(keras_2=None)) for source, state in call.inputs])
        masks, differing = handed_on(call, self.habits.heads_heed), unlike(call, self.habits.zeroed)
        first = State(*masks, differing)
        both = call.node.class_name == "Bidirectional" and call.node.config.get("merge_mode") is None
        return first, first if both else State(unlike=differing)


class _Graph:
    """The calls of a Functional, with the masks of their tensors."""

    def __init__(self, model: Node, rows: tuple[Layer, ...]) -> None:
        self.recorded = Recorded(rows)
        self.users: dict[Source, list[Step]] = {}
        self.after: dict[Step, set[Step]] = {}  # a call -> those that take its outputs
        self.erasing = {step for row in rows for step in _erasing(row)}
        for row in rows:
            for number, call in enumerate(row.calls):
                for source in call:
                    self.users.setdefault(source, []).append((row.key, number))
                    self.after.setdefault((source.layer, source.call), set()).add((row.key, number))

    def call(self, row: Layer, number: int, made: Mapping[Step, tuple[State, ...]]) -> Call:
        raw = row.node.raw["inbound_nodes"][number]
        if not isinstance(raw, Mapping):
            raise NotConvertible(f"the calls of {row.name!r} are not in the words of Keras 3")
        args = raw["args"] if isinstance(raw.get("args"), list) else []
        named = raw["kwargs"] if isinstance(raw.get("kwargs"), Mapping) else {}
        step = (row.key, number)

        def stated(value: Json) -> list[tuple[Source, State]]:
            return [(source, self._seen(step, source, _output(made, source))) for source in tensors(value)]

        operation = of_keras_3(row.node)
        inputs = stated(args if operation else args[:1])
        held = {key: stated(value) for key, value in named.items() if key != MASK and not key.endswith("_mask")}
        others = [*stated([] if operation else args[1:]), *(one for found in held.values() for one in found)]
        given = self._given(named.get(MASK), inputs, others)
        if given and self.recorded.is_kept(tensors(named.get(MASK))):  # a mask that is an input or a layer's output, for Keras 2 too
            inputs = [(source, state._replace(keras_2=mask)) for (source, state), mask in zip(inputs, given, strict=False)]
        return Call(row.node, operation, inputs, others, given, rank_of(raw))

    def _given(self, mask: Json, inputs: list[tuple[Source, State]], others: list[tuple[Source, State]]) -> list[Mask] | None:
        if mask is not None:
            listed = mask if isinstance(mask, list) else [mask]
            return [self.recorded.of(found[0]) if (found := tensors(one)) else None for one in listed]
        return None if others else [state.keras_3 for _, state in inputs]

    def _seen(self, step: Step, source: Source, state: State) -> State:
        """With the mask that a call finds on the tensor in Keras 3."""
        erasers = [user for user in self.users[source] if user in self.erasing and user != step] if state.keras_3 is not None else []
        for eraser in erasers:
            if self._follows(step, eraser):
                return state._replace(keras_3=None)
            if not self._follows(eraser, step):
                return state._replace(keras_3=("perhaps", state.keras_3))
        return state

    def _follows(self, step: Step, earlier: Step) -> bool:
        found, todo = {earlier}, [earlier]
        while todo:
            for later in self.after.get(todo.pop(), ()):
                if later == step:
                    return True
                if later not in found:
                    found.add(later)
                    todo.append(later)
        return False


def _erasing(row: Layer) -> Iterator[Step]:
    """The calls that take the masks off their tensors."""
    if row.class_name == HEADS or (is_model(row.node) and HEADS in str(row.node.config)):
        yield from ((row.key, number) for number in range(len(row.calls)))


def _output(made: Mapping[Step, tuple[State, ...]], source: Source) -> State:
    found = made.get((source.layer, source.call), ())
    return found[source.output] if source.output < len(found) else State()
