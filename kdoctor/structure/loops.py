"""Connections that go in a circle: calls of which each waits for another's result."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from kdoctor.structure.layers import Layer, is_model
from kdoctor.structure.sources import Source

Step = tuple[str, int]  # a layer's key and which of its calls


def circle(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Layers of one model that wait for each other, each for the one after it and the last for the first; empty where nothing does.

    Keras makes a layer's calls in their order (functional_from_config), so each waits for the one before it, too.
    """
    rows = {layer.key: layer for layer in layers}
    if in_order(layers):
        return ()
    needs = {
        (layer.key, index): _needs(rows, layer, index, sources) for layer in layers for index, sources in enumerate(layer.calls or ((),))
    }
    readers: dict[Step, list[Step]] = {}
    for step, wanted in needs.items():
        for need in wanted:
            readers.setdefault(need, []).append(step)
    left = {step: len(wanted) for step, wanted in needs.items()}
    ready = deque(step for step, count in left.items() if count == 0)
    while ready:
        step = ready.popleft()
        del left[step]
        for reader in readers.get(step, ()):
            left[reader] -= 1
            if left[reader] == 0:
                ready.append(reader)
    return _around(left, needs, rows)


def in_order(layers: Sequence[Layer]) -> bool:
    """Whether every layer takes only what stands before it in the list, as Keras writes models: then nothing goes in a circle."""
    seen: set[str] = set()
    for layer in layers:
        if not all(source.layer in seen for call in layer.calls for source in call):
            return False
        seen.add(layer.key)
    return True


def _needs(rows: Mapping[str, Layer], layer: Layer, index: int, sources: Sequence[Source]) -> frozenset[Step]:
    """What a call waits for. A nested model of Keras 2 counts its calls from 1: the earlier of both readings is taken."""
    found = {(layer.key, index - 1)} if index else set()
    for source in sources:
        origin = rows.get(source.layer)
        if origin is not None:
            call = source.call - is_model(origin.node)
            found.add((source.layer, min(max(call, 0), max(len(origin.calls) - 1, 0))))
    return frozenset(found)


def _around(left: Mapping[Step, int], needs: Mapping[Step, frozenset[Step]], rows: Mapping[str, Layer]) -> tuple[Layer, ...]:
    """One circle among the calls that are left."""
    step = next(iter(left), None)
    walked: dict[Step, int] = {}  # and which of them it is
    while step is not None and step not in walked:
        walked[step] = len(walked)
        step = next(need for need in sorted(needs[step]) if need in left)
    found = [*walked][walked[step] :] if step is not None else []
    return tuple(rows[key] for key in dict.fromkeys(key for key, _ in found))
