"""Layers of a Functional written in Keras's own order, and the arrays that a change of the graph moves in a ``.keras`` archive."""

from __future__ import annotations

from collections.abc import Sequence

from kdoctor.document import Document, Json
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.pointer import Pointer
from kdoctor.structure.keras_order import Graph
from kdoctor.structure.objects import as_node
from kdoctor.structure.sources import Source, tensors
from kdoctor.weights.claims import Claim, claims

FROM_ONE = ("Functional", "Model")


def ordered(layers: Sequence[Json], outputs: Json) -> list[Json]:
    """The same layers in Keras 3's order; those that the outputs do not need come last, as they are."""
    by_name: dict[str, Json] = {str(layer.get("name")): layer for layer in layers}
    graph = Graph({name: _calls(layer) for name, layer in by_name.items()})
    ends = [graph.end(source, from_one=_class_of(by_name, source) in FROM_ONE) for source in tensors(outputs, by_name=True)]
    reached = dict.fromkeys(graph.order(ends))
    return [*(by_name[name] for name in reached), *(layer for name, layer in by_name.items() if name not in reached)]


def _calls(layer: Json) -> list[Sequence[Source]]:
    calls = layer.get("inbound_nodes")
    return [tensors(call, by_name=True) for call in calls] if isinstance(calls, list) else []


def _class_of(by_name: dict[str, Json], source: Source) -> Json:
    return by_name.get(source.layer, {}).get("class_name")


def moves(before: Document, after: Document) -> list[tuple[str, str]]:
    """Arrays whose places differ between two documents of the same layers: old path, new path."""
    places = {names_of(before, claim): claim.place for claim in claims(before)}
    found = []
    for claim in claims(after):
        old = places.get(names_of(after, claim), claim.place)
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


def names_of(document: Document, claim: Claim) -> tuple[str, ...]:
    """The names of the layers around one, and its own: positions change."""
    keys, names = claim.node.at.keys, []
    for end, key in enumerate(keys):
        if isinstance(key, int) and end and keys[end - 1] in ("layers", "config"):
            at = Pointer(claim.node.at.part, keys[: end + 1])
            layer = as_node(document.at(at), at)
            beside = None if layer is None else layer.raw.get("name")
            names.append(str(beside if isinstance(beside, str) or layer is None else layer.name))
    return tuple(names)
