"""What a model's layers own, by their configs: the claims that the weights in the file have to meet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.graph.shapes import Inferred, built_with, infer, infer_model
from kdoctor.keras_api.variables.table import DEEPEST, legacy_order, variables_of
from kdoctor.keras_api.variables.variable import Shapes, Variable, Variables, flagged
from kdoctor.structure.layers import Layer, is_model, layer_nodes, layers_of
from kdoctor.structure.manifest import snake_case
from kdoctor.structure.objects import Node, model_of
from kdoctor.structure.shared_layers import twins
from kdoctor.structure.sources import tensors

# Classes that a config calls by another name than their own, which is the one that weight paths are made of.
REAL_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}


class Claim(NamedTuple):
    """A layer and the variables that Keras 3 makes for it; None where its class or its config does not tell.

    place: where a Keras 3 archive keeps them: ``layers/functional/layers/dense_1``. Nested models are taken apart: each layer claims
    for itself.
    """

    node: Node
    place: str
    variables: Variables | None

    @property
    def name(self) -> str:
        return self.node.name or self.place


@lru_cache(maxsize=4)
def claims(document: Document) -> tuple[Claim, ...]:
    """The claims of every layer of the model and of the models nested in it, in order. Never raises.

    A layer that stands in two models of an archive claims its variables once, where it stands first.
    """
    model = model_of(document)
    if model is None:
        return ()
    found = _within(_own(document), infer(document), _freezes(model), "", 0, document.format.native)
    shared = twins(document) if document.format.native else {}
    return tuple(claim._replace(variables=()) if claim.node.at in shared else claim for claim in found)


@lru_cache(maxsize=4)
def _own(document: Document) -> tuple[Node, ...]:
    """The layers of the outermost model."""
    model = model_of(document)
    return () if model is None else tuple(_layers(model))


class Listed(NamedTuple):
    """A layer of the outermost model and its variables in the order of an ``.h5``: nested models flat, what is trained first.

    variables is None where it, or a layer in it, does not tell. place: where a Keras 3 archive keeps it.
    """

    node: Node
    variables: Variables | None
    place: str = ""

    @property
    def name(self) -> str:
        return self.node.name or ""

    @property
    def weighted(self) -> bool | None:
        """Whether it has weights at all; None where that is not told."""
        return None if self.variables is None else bool(self.variables)


@lru_cache(maxsize=4)
def listed(document: Document) -> tuple[Listed, ...]:
    """What each layer of the outermost model has in an ``.h5``, as Keras 3 reads it (legacy_h5_format._legacy_weights)."""
    shapes = infer(document)
    return tuple(Listed(row, _flat(row, shapes), place) for row, place in _placed(_own(document), ""))


def _flat(row: Node, shapes: Inferred) -> Variables | None:
    if not is_model(row):
        alone = _claim(row, shapes, False, "", False)
        return None if alone.variables is None else legacy_order(row, alone.variables)
    found: list[Variable] = []
    for claim in _within(_layers(row), shapes, _freezes(row), "", 0, False):
        if claim.variables is None or legacy_order(claim.node, claim.variables) is None:
            return None
        found += (variable._replace(path=f"{claim.place}/{variable.path}".lstrip("/")) for variable in claim.variables if variable.weight)
    return (*(v for v in found if v.trainable), *(v for v in found if not v.trainable))


def _within(layers: Iterable[Node], shapes: Inferred, frozen: bool, place: str, depth: int, native: bool) -> list[Claim]:
    """The claims of a model's layers, of which training changes none where the model that is asked is ``frozen``."""
    found: list[Claim] = []
    for node, inside in _placed(layers, place) if depth < DEEPEST else ():
        if is_model(node):
            found += _within(_layers(node), shapes, frozen, inside + "/", depth + 1, native)
        else:
            found.append(_claim(node, shapes, frozen, inside, native))
    return found


def _placed(layers: Iterable[Node], place: str) -> Iterator[tuple[Node, str]]:
    """Each layer of a model with its place in an archive: its class, counted."""
    used: Counter[str] = Counter()
    for node in layers:
        stem = _stem(node.class_name)
        yield node, f"{place}layers/{stem}_{used[stem]}" if used[stem] else f"{place}layers/{stem}"
        used[stem] += 1


def _claim(node: Node, shapes: Inferred, frozen: bool, place: str, native: bool) -> Claim:
    """The ``.keras`` loader builds a layer as its build_config says, before the model calls it."""
    given = shapes.inputs.get(node.at, ())
    built = built_with(node) if native else ()
    given = built if len(built) >= len(given) else given

    def inner(model: Node, given: Shapes) -> Variables | None:
        return _model(model, given)

    found = variables_of(node, given, inner)
    return Claim(node, place, flagged(found, False) if found is not None and frozen else found)


def _model(model: Node, given: Shapes) -> Variables | None:
    """The variables of a model inside a wrapper, each under the place of its layer."""
    found: list[Variable] = []
    for claim in _within(_layers(model), infer_model(model, given), _freezes(model), "", 0, False):
        if claim.variables is None:
            return None
        found += (variable._replace(path=f"{claim.place}/{variable.path}") for variable in claim.variables)
    return tuple(found)


@lru_cache(maxsize=256)
def _stem(class_name: str) -> str:
    own = class_name.rpartition(">")[2]  # an .h5 puts the package of a registered class before its name
    return snake_case(REAL_NAMES.get(own, own))


def _freezes(model: Node) -> bool:
    """Whether a model says of itself that nothing in it is trained. Its layers are not told: each keeps its own word (functional.py sets
    ``trainable`` before it has layers), and so does a model within it; a Sequential forgets it (``Sequential.from_config``)."""
    return "output_layers" in model.config and model.config.get("trainable") is False


def _layers(model: Node) -> Iterator[Node]:
    """The layers that the model has once it is made: of a Functional those between its inputs and outputs, one of each name."""
    if "output_layers" not in model.config:
        yield from layer_nodes(model)
        return
    rows = layers_of(model)
    by_name = {row.node.name or "": row for row in reversed(rows)}
    used = _used(model, by_name)
    nodes = (row.node for row in rows if by_name[row.node.name or ""] is row)
    yield from (node for node in nodes if used is None or node.name in used)


def _used(model: Node, layers: Mapping[str, Layer]) -> set[str] | None:
    """The names of the layers that the outputs are made from, as far back as the inputs; None where the graph does not tell.

    A model that was cut out of a larger one may list layers before its inputs too (K203).
    """
    inputs = {(source.layer, source.output) for source in tensors(model.config.get("input_layers"))}
    waiting = list(tensors(model.config["output_layers"]))
    found: set[str] = set()
    while waiting:
        source = waiting.pop()
        layer = layers.get(source.layer)
        if layer is None:
            return None
        if source.layer not in found and ((source.layer, source.output) not in inputs or layer.class_name == "InputLayer"):
            found.add(source.layer)
            waiting += chain.from_iterable(layer.calls)
    return found or None
