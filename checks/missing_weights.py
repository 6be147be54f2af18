from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.claims import Listed
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import layout_of
from kdoctor.rearrange import exchanges, relocations
from kdoctor.stored import Account, accountable, accounts, fits, written
from kdoctor.stored_h5 import NAMES, Group, Ledger, ledger
from kdoctor.target import Target

NEED = Need("FILE", "a file with the missing weights", "numbers that are not in the file cannot be made up")


@check("K701", Severity.ERROR, since="0.1.0")
def missing_weights(document: Document, target: Target) -> Iterator[Finding]:
    """A layer's weights are not in the file, or not where the file says.

    Keras 3 gives each layer the arrays of its group, by number in a ``.keras`` ("Layer 'dense_1' expected 2 variables, but received 1
    variables during loading. Expected: ['kernel', 'bias']"), by ``layer_names`` and ``weight_names`` in an ``.h5`` ("Layer count mismatch
    when loading weights from file. Model expected 2 layers, found 1 saved layers"; "KeyError: 'dense_1'").

    The cure names a group again that was only renamed or left out of the list, when its arrays are exactly those that the layer lacks.
    Numbers are never made up.
    """
    if not accountable(document):
        return
    if document.format.native:
        yield from _in_archive(document, target)
        return
    found = ledger(document)
    if found is not None:
        yield from _without_group(found)
        yield from _without_weights(found)
        yield from _short(found)


def _in_archive(document: Document, target: Target) -> Iterator[Finding]:
    explained = {
        id(account)
        for found in (*relocations(document, layout_of(target)), *exchanges(document, layout_of(target)))
        for account in found.accounts
    }
    for account in accounts(document, layout_of(target)):
        if account.missing and id(account) not in explained and not _never_built(account):
            yield _lacking(account)


def _never_built(account: Account) -> bool:
    """Whether nothing tells the layer's input: then it has no variables when it is loaded, and misses none."""
    unknown = any(variable.shape is None or None in variable.shape for variable in account.expected)
    return unknown and not account.stored and not account.claim.node.build_config


def _lacking(account: Account) -> Finding:
    lost = ", ".join(f"{variable.role} {written(variable.shape)}" for variable in account.missing)
    where = f" of its {account.part}" if account.part else ""
    return Finding(
        account.claim.node.at,
        f"{account.claim.name!r} lacks the {lost}{where}: {account.group}/vars holds {len(account.stored)} of {len(account.expected)} arrays",
        needs=(NEED,),
        layer=account.claim.name,
        keras_says=f"ValueError: Layer '{account.claim.name}' expected {len(account.expected)} variables, but received "
        f"{len(account.stored)} variables during loading. Expected: {[variable.role for variable in account.expected]}",
    )


def _without_group(found: Ledger) -> Iterator[Finding]:
    """A name in layer_names without a group."""
    names = [group.name for group in found.groups]
    for index, group in enumerate(found.groups):
        if group.there:
            continue
        layer = next((layer for layer in found.layers if layer.name == group.name), None)
        fitting = [other for other in found.others if layer is not None and _fits(layer, other)]
        only = fitting[0] if len(fitting) == 1 and sum(not group.there for group in found.groups) == 1 else None
        renamed = [*names[:index], only.name, *names[index + 1 :]] if only else names
        yield Finding(
            NAMES / index,
            f"layer_names lists {group.name!r}, but there is no such group"
            + (f"; the group {only.name!r}, which nobody lists, holds exactly what it needs" if only else ""),
            repair=Repair(f"list {only.name!r} in its place", (Edit(NAMES, old=names, new=renamed),)) if only else None,
            needs=() if only else (NEED,),
            layer=group.name,
            keras_says=f"KeyError: {group.name!r}",
        )


def _without_weights(found: Ledger) -> Iterator[Finding]:
    """Layers whose weights no group holds, where the loader counts the groups and finds too few."""
    if found.counts or len(found.filled) > found.most:
        return
    listed = {group.name: group for group in found.groups}
    for layer in found.lacking():
        group = listed.get(layer.name)
        if group is not None and (not group.there or group.arrays):
            continue  # told above, or by K607
        other = next((other for other in found.others if other.name == layer.name and _fits(layer, other)), None)
        repair = None if other is None or group is not None else _relisted(found, layer)
        yield Finding(
            NAMES,
            f"{layer.name!r} has no weights in the file"
            + (": its group is there, but layer_names leaves it out" if other else f": {len(layer.variables or ())} arrays are missing"),
            repair=repair,
            needs=() if repair else (NEED,),
            layer=layer.name,
            keras_says=f"ValueError: Layer count mismatch when loading weights from file. Model expected {found.least} layers, "
            f"found {len(found.filled)} saved layers.",
        )


def _relisted(found: Ledger, layer: Listed) -> Repair:
    """The name put in behind those of the layers before it."""
    names = [group.name for group in found.groups]
    order = [row.name for row in found.layers]
    before = set(order[: order.index(layer.name)])
    place = max((index + 1 for index, name in enumerate(names) if name in before), default=0)
    return Repair(f"list {layer.name!r} again", (Edit(NAMES, old=names, new=[*names[:place], layer.name, *names[place:]]),))


def _short(found: Ledger) -> Iterator[Finding]:
    """Groups with fewer arrays than their layer has weights, or with a list of arrays that are not there."""
    for layer, group in found.pairs():
        lost = [name for name, weight in zip(group.names, group.weights, strict=True) if weight is None]
        expected = len(layer.variables) if layer.variables is not None else 0
        if not lost and len(group.names) >= expected:
            continue
        told = f"lists {', '.join(lost)}, which is not there" if lost else f"holds {len(group.names)} of {expected} arrays"
        yield Finding(
            group.at,
            f"{layer.name!r} lacks weights: the group {group.name!r} {told}",
            needs=(NEED,),
            layer=layer.name,
            keras_says=f"KeyError: {lost[0]!r}"
            if lost
            else f"ValueError: Weight count mismatch for layer #… (named {layer.name} in the current model, {group.name} in the save file). "
            f"Layer expects {expected} weight(s). Received {len(group.names)} saved weight(s)",
        )


def _fits(layer: Listed, group: Group) -> bool:
    """Whether a group holds exactly what a layer needs, in its order, all shapes told."""
    weights, expected = group.weights, layer.variables
    if not expected or len(weights) != len(expected):
        return False
    return all(
        weight is not None and variable.shape is not None and None not in variable.shape and fits(variable.shape, weight.shape)
        for variable, weight in zip(expected, weights, strict=True)
    )
