"""What a model's layers own, by their configs: the claims that the weights in the file have to meet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.graph.shapes import Inferred, built_with, infer, infer_model
from kdoctor.keras_api.builds import builds_itself
from kdoctor.keras_api.variables.table import DEEPEST, legacy_order, variables_of
from kdoctor.keras_api.variables.variable import Shapes, Variable, Variables, flagged
from kdoctor.pointer import Pointer
from kdoctor.structure.alike import kinds
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import Node, as_node, model_of
from kdoctor.structure.shared_layers import twins
from kdoctor.weights.places import WRAPPED, made, placed


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


def claims(document: Document, joined: bool = True) -> tuple[Claim, ...]:
    """The claims of every layer of the model and of the models nested in it, in order. Never raises.

    A layer that stands in two models of an archive claims its variables once, where it stands first; not ``joined``, each entry claims its own.
    """
    return _joined(document) if joined and document.format.native else _each(document)


@lru_cache(maxsize=4)
def _joined(document: Document) -> tuple[Claim, ...]:
    shared, found = twins(document), _each(document)
    return tuple([_without(claim, shared) for claim in found]) if shared else found


def _without(claim: Claim, shared: Collection[Pointer]) -> Claim:
    """What a layer claims that is one with an earlier entry, or wraps a layer that is."""
    if claim.node.at in shared:
        return claim._replace(variables=())
    if claim.node.at / "config" / WRAPPED not in shared or claim.variables is None:
        return claim
    return claim._replace(variables=tuple([one for one in claim.variables if not one.path.startswith(f"{WRAPPED}/")]))


@lru_cache(maxsize=4)
def _each(document: Document) -> tuple[Claim, ...]:
    model = model_of(document)
    if model is None:
        return ()
    asked = _Asked(infer(document), document.format.native, kinds(document))
    return tuple(_within(_own(document), asked, _freezes(model), "", 0))


@lru_cache(maxsize=4)
def _own(document: Document) -> tuple[Node, ...]:
    """The layers of the outermost model."""
    model = model_of(document)
    return () if model is None else tuple(made(model))


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
    asked = _Asked(infer(document), False, kinds(document))
    return tuple([Listed(row, _flat(row, asked), place) for row, place in placed(_own(document), "")])


def _flat(row: Node, asked: _Asked) -> Variables | None:
    if not is_model(row):
        return asked.ordered(row)
    found: list[Variable] = []
    for claim in _within(made(row), asked, _freezes(row), "", 0):
        ordered = None if claim.variables is None else legacy_order(claim.node, claim.variables, leaves)
        if ordered is None:
            return None
        found += (variable._replace(path=f"{claim.place}/{variable.path}".lstrip("/")) for variable in ordered)
    return (*(v for v in found if v.trainable), *(v for v in found if not v.trainable))


def leaves(row: Node) -> Iterator[tuple[Node, str]]:
    """The layers that own variables, of those in a layer of the outermost model, with their places in it. What a wrapper holds is its own,
    apart from the layers of a model in it."""
    open_ones = [(row, "", 0)]
    while open_ones:
        node, place, depth = open_ones.pop()
        if not is_model(node):
            yield node, place.rstrip("/")
        inside = placed(made(node), place) if is_model(node) else _wrapped(node, place)
        open_ones += ((one, f"{below}/", depth + 1) for one, below in inside if depth < DEEPEST)


def _wrapped(node: Node, place: str) -> Iterator[tuple[Node, str]]:
    """The model in a wrapper, which is below ``layer`` in it."""
    inner = as_node(node.config.get("layer"), node.at / "config" / "layer")
    if inner is not None and is_model(inner):
        yield inner, f"{place}layer"


def _within(layers: Iterable[Node], asked: _Asked, frozen: bool, place: str, depth: int) -> list[Claim]:
    """The claims of a model's layers, of which training changes none where the model that is asked is ``frozen``."""
    found: list[Claim] = []
    for node, inside in placed(layers, place) if depth < DEEPEST else ():
        if is_model(node):
            found += _within(made(node), asked, frozen, inside + "/", depth + 1)
        else:
            variables = asked.variables(node)
            found.append(Claim(node, inside, flagged(variables, False) if variables is not None and frozen else variables))
    return found


class _Asked:
    """What layers own, asked once of those that are alike (`kinds`) and are called with tensors of the same shapes.

    native: the ``.keras`` loader builds a layer as its build_config says, before the model calls it.
    """

    def __init__(self, shapes: Inferred, native: bool, kind: Mapping[int, int]) -> None:
        self._shapes, self._native, self._kind = shapes, native, kind
        self._told: dict[tuple[int, Shapes], Variables | None] = {}
        self._ordered: dict[tuple[int, Shapes], Variables | None] = {}

    def variables(self, node: Node) -> Variables | None:
        """In the order in which Keras 3 makes them."""
        own, given = id(node.raw), self._given(node)
        asked = self._kind.get(own, own), given
        if asked not in self._told:
            self._told[asked] = variables_of(node, given, _model)
        return self._told[asked]

    def ordered(self, node: Node) -> Variables | None:
        """In the order of ``weight_names`` in an ``.h5``."""
        own, given = id(node.raw), self._given(node)
        asked = self._kind.get(own, own), given
        if asked not in self._ordered:
            found = self.variables(node)
            self._ordered[asked] = None if found is None else legacy_order(node, found, leaves)
        return self._ordered[asked]

    def _given(self, node: Node) -> Shapes:
        given = self._shapes.inputs.get(node.at, ())
        built = built_with(node) if self._native and builds_itself(node) else ()
        return built if len(built) >= len(given) else given


def _model(model: Node, given: Shapes) -> Variables | None:
    """The variables of a model inside a wrapper, each under the place of its layer."""
    found: list[Variable] = []
    for claim in _within(made(model), _Asked(infer_model(model, given), False, {}), _freezes(model), "", 0):
        if claim.variables is None:
            return None
        found += (variable._replace(path=f"{claim.place}/{variable.path}") for variable in claim.variables)
    return tuple(found)


def _freezes(model: Node) -> bool:
    """Whether a model says of itself that nothing in it is trained. Its layers are not told: each keeps its own word (functional.py sets
    ``trainable`` before it has layers), and so does a model within it; a Sequential forgets it (``Sequential.from_config``)."""
    return "output_layers" in model.config and model.config.get("trainable") is False
