"""The order in which Keras puts the layers of a Functional model: by depth, then as met on the way back from the outputs.

It is not the order of the config, though every Keras writes a config in it: what edits a graph may change one and not the other. Arrays
are counted in it, in a ``.keras`` and in an ``.h5``. Source: keras/src/ops/function.py, map_graph; the same in Keras 1 and 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from kdoctor.structure.sources import Source

Step = tuple[str, int]
Calls = Mapping[str, Sequence[Sequence[Source]]]


@dataclass(slots=True)
class Graph:
    """The calls of each layer by the name that connections use.

    from_one: the layers whose calls are counted from one (`kdoctor.structure.call_numbers.counted_from_one`). begins: tensors that a
    model which was cut out of another takes for its input. whole: whether every tensor met is one of these layers'.
    """

    calls: Calls
    from_one: frozenset[str] = frozenset()
    begins: frozenset[tuple[str, int]] = frozenset()
    whole: bool = True
    _parents: dict[Step, list[Step]] = field(default_factory=dict)

    def order(self, ends: Iterable[Step]) -> list[str]:
        """The layers that these calls need, in Keras's order. Ends whenever the graph does, loops included; without recursion."""
        steps, met = self._walked(ends)
        depths: dict[Step, int] = {}
        highest: dict[str, int] = {}
        for step in reversed(steps):
            name = step[0]
            depth = max(depths.get(step, 0), highest.get(name, 0))
            depths[step] = highest[name] = depth
            for parent in self._parents[step]:
                if depths.get(parent, 0) <= depth:
                    depths[parent] = depth + 1
        return sorted(highest, key=lambda name: (-highest[name], met[name]))

    def end(self, source: Source, *, from_one: bool) -> Step:
        """The call that an endpoint of the model names."""
        return self._numbered(source, from_one or source.layer in self.from_one)

    def _walked(self, ends: Iterable[Step]) -> tuple[list[Step], dict[str, int]]:
        """Calls from the inputs to the outputs, and when each layer was first met."""
        found: list[Step] = []
        met: dict[str, int] = {}
        for end in ends:
            if end[0] not in self.calls:
                self.whole = False
                continue
            waiting: list[tuple[Step, Iterator[Step]]] = []
            following: Step | None = end
            while True:
                if following is not None and following not in self._parents:
                    met.setdefault(following[0], len(met))
                    waiting.append((following, iter(self._taken_by(following))))
                elif not waiting:
                    break
                step, parents = waiting[-1]
                following = next(parents, None)
                if following is None:
                    found.append(step)
                    waiting.pop()
        return found, met

    def _taken_by(self, step: Step) -> list[Step]:
        """The calls that made what a call takes."""
        name, number = step
        calls = self.calls[name]
        taken: list[Step] = []
        for source in calls[number] if number < len(calls) else ():
            made = self.calls.get(source[0])
            if made is None:
                self.whole = False
            elif not self.begins or not made or (source.layer, source.output) not in self.begins:
                taken.append(self._numbered(source, source[0] in self.from_one))
        self._parents[step] = taken
        return taken

    def _numbered(self, source: Source, from_one: bool) -> Step:
        """A number behind the last call means the last."""
        name, number = source[0], source[1] - from_one
        last = len(self.calls.get(name, ())) - 1
        return name, number if 0 <= number <= last else max(0, min(number, last))
