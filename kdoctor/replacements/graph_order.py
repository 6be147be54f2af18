"""Layers of a Functional written in Keras's own order, and the arrays that a change of the graph moves in a ``.keras`` archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kdoctor.document import Document, Json
from kdoctor.edit import Edit
from kdoctor.graph.stored_below import below
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.pointer import Pointer, innermost
from kdoctor.structure.keras_order import Graph
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import as_node
from kdoctor.structure.sources import Source, tensors
from kdoctor.weights.places import Home, homes, homes_of_models, wrapped

FROM_ONE = ("Functional", "Model")
ROOT = Pointer("config")


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


def moves(before: Document, after: Document, within: Iterable[Pointer] = (ROOT,)) -> list[tuple[str, str]]:
    """Arrays whose places differ between two documents of the same layers: old path, new path.

    within: the models in which the two differ, none of which holds another one.
    """
    found = []
    for at in within:
        was = {home.names: home.place for home in leaves(before, at)}
        for home in leaves(after, at, before):
            old = was.get(home.names, home.place)
            if old != home.place:
                found += [(path, _moved(path, plain, old, home.place)) for plain, path in _own(before, old, home)]
    return found


def _own(document: Document, place: str, home: Home) -> Iterator[tuple[str, str]]:
    """The arrays of a layer that stands there, without those of a model that it holds, whose layers are asked for themselves."""
    model = wrapped(home)
    held = "" if model is None else f"{place}{model.place[len(home.place) :]}/"
    return (found for found in below(document, f"{place}/") if model is None or not found[0].startswith(held))


def leaves(document: Document, at: Pointer, known: Document | None = None) -> list[Home]:
    """The homes of the layers that are no models, in and below a model, in order; the model's own home is the one that it has in ``known``."""
    around = homes_of_models(document if known is None else known).get(at)
    model = as_node(document.at(at), at)
    return [] if around is None or model is None else [home for home in homes(around._replace(node=model)) if not is_model(home.node)]


def touched(document: Document, edits: Iterable[Edit]) -> tuple[Pointer, ...]:
    """The models whose layers edits may put in another order: the innermost around each edit, and of those the outermost ones."""
    models = homes_of_models(document)
    found = (innermost(models, edit.at.parent) or models.get(ROOT) for edit in edits if edit.at.part == ROOT.part)
    around = {home.node.at: home for home in found if home is not None}
    return tuple(at for at in around if at == ROOT or innermost(around, at.parent) is None)


def _moved(path: str, plain: str, old: str, new: str) -> str:
    """Keras 2 kept the groups of layers under another name, which Keras 3 finds as well."""
    found = new + plain[len(old) :]
    return found if plain == path else found.replace(LAYERS, CHECKPOINT)
