"""The order in which Keras 3 puts the layers of a Functional model: by depth, then as met on the way back from the outputs.

The places of arrays in a ``.keras`` archive are counted in that order, so what changes the graph may move them (keras/src/ops/function.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kdoctor.document import Document, Json
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.structure.sources import tensors
from kdoctor.weights.claims import Claim, claims

Step = tuple[str, int]
FROM_ONE = ("Functional", "Model")


def ordered(layers: Sequence[Json], outputs: Json) -> list[Json]:
    """The same layers in Keras 3's order; those that the outputs do not need come last, as they are."""
    by_name: dict[str, Json] = {str(layer.get("name")): layer for layer in layers}
    steps, met = _topological(by_name, outputs)
    depths: dict[Step, int] = {}
    highest: dict[str, int] = {}
    for step in reversed(steps):
        depth = max(depths.get(step, 0), highest.get(step[0], 0))
        depths[step] = highest[step[0]] = depth
        for parent in _parents(by_name, step):
            depths[parent] = max(depth + 1, depths.get(parent, 0))
    reached = sorted(highest, key=lambda name: (-highest[name], met[name]))
    return [*(by_name[name] for name in reached), *(layer for name, layer in by_name.items() if name not in highest)]


def _topological(by_name: Mapping[str, Json], outputs: Json) -> tuple[list[Step], dict[str, int]]:
    """Calls from the inputs to the outputs, and when each layer was first met; without recursion."""
    found: list[Step] = []
    met: dict[str, int] = {}
    begun: set[Step] = set()
    for source in tensors(outputs, by_name=True):
        layer = by_name.get(source.layer, {})
        start = (source.layer, source.call - 1 if layer.get("class_name") in FROM_ONE else source.call)
        waiting: list[tuple[Step, Iterator[Step] | None]] = [(start, None)]
        while waiting:
            step, parents = waiting.pop()
            if parents is None:
                if step in begun or step[0] not in by_name:
                    continue
                begun.add(step)
                met.setdefault(step[0], len(met))
                parents = iter(_parents(by_name, step))
            following = next(parents, None)
            if following is None:
                found.append(step)
            else:
                waiting += [(step, parents), (following, None)]
    return found, met


def _parents(by_name: Mapping[str, Json], step: Step) -> list[Step]:
    calls = by_name[step[0]].get("inbound_nodes")
    call = calls[step[1]] if isinstance(calls, list) and 0 <= step[1] < len(calls) else []
    return [(source.layer, source.call) for source in tensors(call, by_name=True) if source.layer in by_name]


def moves(before: Document, after: Document) -> list[tuple[str, str]]:
    """Arrays whose places differ between two documents of the same layers: old path, new path."""
    places = {_names(before, claim): claim.place for claim in claims(before)}
    found = []
    for claim in claims(after):
        old = places.get(_names(after, claim), claim.place)
        if old != claim.place:
            found += [(path, new) for path in before.weights if (new := _moved(path, old, claim.place)) is not None]
    return found


def _moved(path: str, old: str, new: str) -> str | None:
    """Keras 2 kept the groups of layers under another name, which Keras 3 finds as well."""
    plain = path.replace(CHECKPOINT, LAYERS)
    if not plain.startswith(old + "/"):
        return None
    found = new + plain[len(old) :]
    return found if plain == path else found.replace(LAYERS, CHECKPOINT)


def _names(document: Document, claim: Claim) -> tuple[str, ...]:
    """The names of the layers around one, and its own: positions change."""
    keys, names = claim.node.at.keys, []
    for end, key in enumerate(keys):
        if isinstance(key, int) and end and keys[end - 1] in ("layers", "config"):
            at = Pointer(claim.node.at.part, keys[: end + 1])
            layer = as_node(document.at(at), at)
            beside = None if layer is None else layer.raw.get("name")
            names.append(str(beside if isinstance(beside, str) or layer is None else layer.name))
    return tuple(names)
