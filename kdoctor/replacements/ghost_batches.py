"""A BatchNormalization of Keras 2 with a virtual_batch_size as the one without, which predicts the same.

Source: batch_normalization.py of Keras 2.4 to 2.15, build: the layer lays the batch out as (ghosts, batch, …), so that its axis moves on
by one, which the file states, and its variables have a 1 for every other axis. What it predicts with are the means that it keeps.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit, apply
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.pointer import Pointer, innermost
from kdoctor.recipe import reshape
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import objects_named
from kdoctor.weights.claims import Claim, claims
from kdoctor.weights.optimizer import has_state
from kdoctor.weights.optimizer_state import forgotten
from kdoctor.weights.stored_h5 import ledger

GHOSTS: Final = "virtual_batch_size"
ROLES: Final = frozenset({"gamma", "beta", "moving_mean", "moving_variance"})


def has_ghosts(node: Node) -> bool:
    return node.class_name == "BatchNormalization" and type(node.config.get(GHOSTS)) is int


@lru_cache(maxsize=4)
def without_ghosts(document: Document) -> tuple[Edit, ...] | None:
    """Edits for all such layers at once; None where their axis or their arrays are not as expected.

    What the optimizer remembers of their variables goes, as it has their shape.
    """
    nodes = [node for node in objects_named(document, ("BatchNormalization",)) if has_ghosts(node)]
    axes = {node.at: _axis(node) for node in nodes}
    if not nodes or None in axes.values():
        return None
    plain = [edit for node in nodes for edit in _plain(node, axes[node.at])]
    after = apply(document, plain)
    owners = {claim.node.at: claim for claim in claims(after)}
    owned = {node.at: innermost(owners, node.at) for node in nodes}
    wanted = {claim.place: axes[at] or 0 for at, claim in owned.items() if claim is not None and _owns_no_more(claim)}
    found = [(path, weight, wanted[place]) for path, weight, place in _arrays(after) if place in wanted]
    expected = sum(len(claim.variables or ()) for claim in owners.values() if claim.place in wanted)
    if len(wanted) != len(nodes) or len(found) != expected or not all(_lies_along(weight, axis) for _, weight, axis in found):
        return None
    arrays = [Edit(Pointer("weights", (path,)), old=weight, new=_flat(weight, axis)) for path, weight, axis in found]
    return (*plain, *arrays, *(forgotten(document) if has_state(document) else ()))


def _axis(node: Node) -> int | None:
    """The axis that the file states, counted with that of the ghosts."""
    axis = node.config.get("axis")
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    return axis if type(axis) is int and axis > 1 else None


def _plain(node: Node, axis: int | None) -> Iterator[Edit]:
    stated: Json = node.config["axis"]
    less = (axis or 0) - 1
    yield Edit(node.at / "config" / "axis", old=stated, new=[less] if isinstance(stated, list) else less)
    yield Edit(node.at / "config" / GHOSTS, old=node.config[GHOSTS], new=ABSENT)


def _owns_no_more(claim: Claim) -> bool:
    """Whether the layer is one, or holds one and nothing else with variables."""
    roles = [variable.role for variable in claim.variables or ()]
    return bool(roles) and len({*roles}) == len(roles) and {*roles} <= ROLES


def _arrays(after: Document) -> Iterator[tuple[str, Weight, str]]:
    """Each array of a layer: its path, itself, and the place of the layer in an archive."""
    places = [(claim, variable) for claim in claims(after) for variable in claim.variables or ()]
    if after.format.native:
        for claim, variable in places:
            path = f"{claim.place}/{variable.path}"
            path = path if path in after.weights else path.replace(LAYERS, CHECKPOINT)
            if path in after.weights:
                yield path, after.weights[path], claim.place
        return
    owners = {f"{claim.place}/{variable.path}": claim.place for claim, variable in places}
    book = ledger(after)
    for row, group in book.pairs if book is not None else ():
        for variable, name, weight in zip(row.variables or (), group.names, group.weights, strict=False):
            place = owners.get(f"{row.place}/{variable.path}")
            if place is not None and weight is not None:
                yield f"{group.path[1:]}/{name}", weight, place


def _lies_along(weight: Weight, axis: int) -> bool:
    """Whether an array has a 1 for every axis but this one."""
    return axis < len(weight.shape) and all(length == 1 for index, length in enumerate(weight.shape) if index != axis)


def _flat(weight: Weight, axis: int) -> Weight:
    return Weight.made(reshape(weight.numbers, (weight.shape[axis],)))
