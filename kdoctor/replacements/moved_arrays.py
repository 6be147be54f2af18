"""Arrays of a ``.keras`` archive under the places that an edited graph gives their layers: those of the weights, which are counted by class, and
those of the optimizer, which stand in the order of the model's trained variables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.edit import Edit, apply
from kdoctor.replacements.graph_order import moves, names_of
from kdoctor.weights.claims import claims
from kdoctor.weights.optimizer import in_archive, optimizer_of, permuted, style_of
from kdoctor.weights.optimizer_state import forgotten, replaced_state, state_arrays
from kdoctor.weights.rearrange import edits as moved


class Trained(NamedTuple):
    """A trained variable, by the names of the layers around it and its own path in the innermost; and where its array stands."""

    key: tuple[str, ...]
    path: str


def with_arrays(document: Document, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits of a model's graph, and those that go with them because layers come in another order."""
    edits = tuple(edits)
    return (*edits, *moved_arrays(document, apply(document, edits)))


def moved_arrays(before: Document, after: Document) -> tuple[Edit, ...]:
    """The edits on arrays that lead from one graph of the same layers to another."""
    return (*moved(before, moves(before, after)), *_state(before, after))


def _state(before: Document, after: Document) -> tuple[Edit, ...]:
    """The slots of the optimizer, which has one of each for every trained variable."""
    if not before.format.native or not state_arrays(before):
        return ()
    was, now = _trained(before), _trained(after)
    places = {variable.key: index for index, variable in enumerate(was)}
    if len(places) != len(was) or not all(variable.key in places for variable in now):
        return ()  # layers that are not the same any more
    order = [places[variable.key] for variable in now]
    if order == sorted(order):
        return ()
    arrays = [before.weights[variable.path] for variable in was if variable.path in before.weights]
    new = permuted(before, arrays, order) if len(arrays) == len(was) else None
    if new is None:  # not known to be theirs: Keras would go on with that of others
        return forgotten(before)
    return replaced_state(before, in_archive(optimizer_of(before)[0], new, style_of(before)))


def _trained(document: Document) -> list[Trained]:
    return [
        Trained((*names_of(document, claim), variable.path), f"{claim.place}/{variable.path}")
        for claim in claims(document)
        for variable in claim.variables or ()
        if variable.trainable and variable.weight
    ]
