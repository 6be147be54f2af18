"""When Keras 3 makes the calls of a Functional as it reads one, and which calls find a tensor missing then.

It goes through the layers in their order, again and again, and makes of each as many calls as it can; what waits for another call is tried once
more on the next round (functional_from_config). Layers that call each other in turn, ``a(b(a(b(x))))``, are read so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

from kdoctor.structure.layers import Layer
from kdoctor.structure.loops import Step, in_order
from kdoctor.structure.sources import Source

Moment = tuple[int, int]  # the round, and the place in the list of layers
BEFORE: Moment = (0, 0)


def missing(layers: Sequence[Layer]) -> Mapping[Step, tuple[Source, ...]]:
    """The calls that are tried before all of their tensors are there, by layer and number, and the tensors that are not; no call twice.

    Time and room grow with the number of connections. Calls that go in a circle are left out, with all that waits for them.
    """
    if in_order(layers):
        return {}
    rows = {layer.key: layer for layer in layers}
    calls = {(layer.key, index): call for layer in layers for index, call in enumerate(layer.calls) if call or index}
    needs = {step: _needs(rows, calls, step) for step in calls}
    readers: dict[Step, list[Step]] = {}
    for step, wanted in needs.items():
        for need in wanted:
            readers.setdefault(need, []).append(step)
    left = {step: len(wanted) for step, wanted in needs.items()}
    ready = deque(step for step, count in left.items() if count == 0)
    made: dict[Step, Moment] = {}
    found: dict[Step, tuple[Source, ...]] = {}
    while ready:
        step = ready.popleft()
        place = rows[step[0]].number
        tried = max((1, place), made.get((step[0], step[1] - 1), BEFORE))
        late = tuple(source for source in calls[step] if made.get(_step(rows, source), BEFORE) > tried)
        if late:
            found[step] = late
        made[step] = _next_visit(max([tried, *(made.get(need, BEFORE) for need in needs[step])]), place)
        for reader in readers.get(step, ()):
            left[reader] -= 1
            if left[reader] == 0:
                ready.append(reader)
    return found


def _needs(rows: Mapping[str, Layer], calls: Mapping[Step, tuple[Source, ...]], step: Step) -> frozenset[Step]:
    """The calls whose tensors one takes, and the one of its layer before it."""
    key, index = step
    before = {(key, index - 1)} & calls.keys()
    return frozenset(before | ({_step(rows, source) for source in calls[step] if source.layer in rows} & calls.keys()))


def _step(rows: Mapping[str, Layer], source: Source) -> Step:
    """The call that makes a tensor; a number behind the last call means the last, one below 0 counts from there."""
    last = len(rows[source.layer].calls) - 1 if source.layer in rows else 0
    return source.layer, max(0, min(source.call if source.call >= 0 else last + 1 + source.call, last))


def _next_visit(moment: Moment, place: int) -> Moment:
    """The first time at or after a moment that Keras comes to the layer at this place."""
    round_, where = moment
    return (round_, place) if where <= place else (round_ + 1, place)
