"""Layers of an ``.h5`` whose arrays have other shapes than their weights, and whether another order of the list explains it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from kdoctor.structure.layers import is_model
from kdoctor.weights.claims import Listed
from kdoctor.weights.stored import fits
from kdoctor.weights.stored_h5 import Group, Ledger, fitting, misfits, ordered
from kdoctor.weights.unlisted import in_full

KERAS_1_ROLES = {"_gamma": "gamma", "_beta": "beta", "_running_mean": "moving_mean", "_running_std": "moving_variance"}


def reordered(ledger: Ledger) -> Iterator[tuple[Listed, Group, tuple[str, ...]]]:
    """Those of them that another order of the arrays sets right, with the order."""
    for layer, group in ledger.disagreeing:
        arrays = {name: weight for name, weight in zip(group.names, group.weights, strict=True) if weight is not None}
        order = ordered(layer.variables or (), arrays) or in_full(layer, group._replace(names=(), arrays=arrays))
        if order is not None and not _moves_what_fits(layer, group, order):
            yield layer, group, order


def _moves_what_fits(layer: Listed, group: Group, order: tuple[str, ...]) -> bool:
    """Whether an array that fits its weight by role and shape would be listed for another one: in a layer with several cells, whose names do not
    say which is which, single arrays may have been exchanged instead."""
    rows = zip(layer.variables or (), group.names, group.weights, order, strict=False)
    return not is_model(layer.node) and any(
        other != name and weight is not None and name.rpartition("/")[2].split(":")[0] == one.role and fits(one.shape, weight.shape)
        for one, name, weight, other in rows
    )


def misnamed(ledger: Ledger) -> Iterator[tuple[Listed, Group, tuple[str, ...]]]:
    """Layers whose arrays have the right shapes, but stand under the names of each other's roles; with the order that the names tell."""
    for layer, group in ledger.pairs:
        roles = [variable.role for variable in layer.variables or ()]
        by_role = {name.rpartition("/")[2].split(":")[0]: name for name in group.names}
        if by_role.keys() != {*roles}:
            by_role = {_of_keras_1(role): name for role, name in by_role.items()}
        if len(set(roles)) < len(roles) or by_role.keys() != set(roles) or len(group.names) != len(roles):
            continue
        order = tuple(by_role[role] for role in roles)
        if (
            order != group.names
            and not misfits(layer, group)
            and fitting(layer.variables or (), [group.arrays.get(name) for name in order])
        ):
            yield layer, group, order


def _of_keras_1(name: str) -> str:
    """The role in a name of Keras 1, which had that of the layer in front: ``batchnormalization_1_running_std``."""
    return next((role for ending, role in KERAS_1_ROLES.items() if name.endswith(ending)), name)


def out_of_turn(ledger: Ledger) -> list[str] | None:
    """The list of groups in the order of the layers, where the loader would give one layer the weights that bear another's name."""
    pairs = ledger.pairs
    crossed = [layer.name != group.name for layer, group in pairs]
    if not any(crossed) or {layer.name for layer, _ in pairs} != {group.name for _, group in pairs}:
        return None
    turn = iter(layer.name for layer, _ in pairs)
    return [next(turn) if group.names else group.name for group in ledger.groups]


@lru_cache(maxsize=4)
def exchanged_names(ledger: Ledger) -> frozenset[str]:
    """Groups whose weights all bear the name of another layer, whose group's bear another's, and so on round to the first.

    Whole groups were exchanged then, or the layers renamed: where shapes agree, nothing in the file tells which.
    """
    owners = {group.name: {_owner(name, ledger) for name in group.names} for group in ledger.filled}
    alone = {name: next(iter(found)) for name, found in owners.items() if len(found) == 1 and name not in found}
    return _rings(alone)


def _owner(name: str, ledger: Ledger) -> str:
    """The layer whose name an array bears: Keras 3 puts that of a Sequential in front."""
    steps = name.split("/")
    return next((step for step in steps[:-1] if step in ledger.named), steps[0])


def _rings(owner: Mapping[str, str]) -> frozenset[str]:
    """The names from which a chain of owners comes back to where it began; each is passed once."""
    found: set[str] = set()
    passed: set[str] = set()
    for name in owner:
        chain: dict[str, None] = {}
        while name in owner and name not in passed:
            passed.add(name)
            chain[name] = None
            name = owner[name]
        if name in chain:
            found |= set([*chain][[*chain].index(name) :])
    return frozenset(found)
