from __future__ import annotations

from collections.abc import Collection, Iterator

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import layout_of
from kdoctor.structure.layers import is_model
from kdoctor.structure.sequential import stack_around, statements
from kdoctor.target import Target
from kdoctor.weights.claims import Listed
from kdoctor.weights.exchanged_h5 import exchanged
from kdoctor.weights.rearrange import Rearrangement, edits, exchanges, relocations
from kdoctor.weights.renames import renames
from kdoctor.weights.stored import Account, accountable, accounts, written
from kdoctor.weights.stored_h5 import NAMES, Group, Ledger, fitting, ledger, ordered, relisting, renamed_groups
from kdoctor.weights.unlisted import lacks, regained

from ._lists_in_lists import lists_in_lists
from ._shared_weights import rejoined, separated

NEED = Need("FILE", "a file with the missing weights", "numbers that are not in the file cannot be made up")


@check("K701", Severity.ERROR, since="0.1.0")
def missing_weights(document: Document, target: Target) -> Iterator[Finding]:
    """A layer's weights are not in the file, or not where the file says.

    Keras 3 gives each layer the arrays of its group, by number in a ``.keras`` ("Layer 'dense_1' expected 2 variables, but received 1
    variables during loading. Expected: ['kernel', 'bias']"), by ``layer_names`` and ``weight_names`` in an ``.h5`` ("Layer count mismatch
    when loading weights from file. Model expected 2 layers, found 1 saved layers"; "KeyError: 'dense_1'").

    The cure names a group again that was only renamed or left out of the list, when its arrays are exactly those that the layer lacks, and
    an array that stands in its group and is not in ``weight_names``, when its name and its shape are those of one weight, and no other's.
    In a ``.keras`` archive arrays that stand below their own layer in a folder of another name (``dense/variables``) are moved back, and so
    are those under other numbers that keep the order (``00``, ``01``).
    A layer that stands in a nested model and beside it (the codes of a VAE whose loss takes them) is one layer, and has one set of weights;
    Keras loses the number that says so, and the cure writes it again, where both are called alike. Where they are not, and for Keras 2, which
    makes two layers of it whatever the number, ``--unsafe`` gives each its own copy. Numbers are never made up.

    Of layers in lists within lists (``self.rows = [[Dense(4)], [Dense(4)]]``) an archive of Keras 3.0 to 3.14 holds no weights, and every Keras loads it all the
    same, with new ones. It is told of a class whose source is given (``--custom FILE.py``).
    """
    if not accountable(document):
        return
    if document.format.native:
        yield from _in_archive(document, target)
        yield from lists_in_lists(document, target)
        return
    found = ledger(document)
    if found is not None:
        yield from _without_group(found)
        yield from _without_weights(found)
        yield from _short(document, found)


def _in_archive(document: Document, target: Target) -> Iterator[Finding]:
    explained = {
        id(account)
        for found in (*relocations(document, layout_of(target)), *exchanges(document, layout_of(target)))
        for account in found.accounts
    }
    renamed = {id(account): found for found in renames(document, layout_of(target)) for account in found.accounts}
    told: set[int] = set()
    for shared in (rejoined(document, target), separated(document, target)):
        if shared is not None:
            yield shared.finding
            explained |= {id(account) for account in shared.accounts}
    for account in accounts(document, layout_of(target)):
        if not account.missing or id(account) in explained or _never_built(document, account):
            continue
        found = renamed.get(id(account))
        if found is None:
            yield _lacking(account)
        elif id(found) not in told:
            told.add(id(found))
            yield _renamed(document, found)


def _renamed(document: Document, found: Rearrangement) -> Finding:
    account = found.accounts[0]
    bare = _lacking(account)
    cure = Repair(f"move {len(found.moves)} arrays back to where {account.claim.name!r} looks", edits(document, found.moves), first=True)
    return bare._replace(message=f"{bare.message}; {found.why}, which nobody opens, has exactly what it needs", repair=cure, needs=())


def _never_built(document: Document, account: Account) -> bool:
    """Whether nothing tells the layer's input: then it has no variables when it is loaded, and misses none. An Embedding's do not depend on it."""
    if account.stored or account.claim.node.build_config:
        return False
    unknown = any(variable.shape is None or None in variable.shape for variable in account.expected)
    return unknown or _unbuilt_stack(document, account)


def _unbuilt_stack(document: Document, account: Account) -> bool:
    """Whether the layer stands in a Sequential, the outermost, of which no shape is stated anywhere."""
    stack = stack_around(document, account.claim.node)
    if stack is None or stack.model.at.keys or stack.built or is_model(stack.layers[0]):
        return False
    return next(statements(stack.layers[0]), None) is None


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
    renamed = renamed_groups(found)
    if not renamed and (unwritten := _unwritten(found)):
        yield _stopped(found, unwritten)
        return
    for index, group in enumerate(found.groups):
        if group.there:
            continue
        other = renamed.get(group.name)
        yield Finding(
            NAMES / index,
            f"layer_names lists {group.name!r}, but there is no such group"
            + (f"; the group {other.name!r}, which nobody lists, holds exactly what it needs" if other else ""),
            repair=Repair(f"list {other.name!r} in its place", (relisting(found, renamed),), first=True) if other else None,
            needs=() if other else (NEED,),
            layer=group.name,
            keras_says=f"KeyError: {group.name!r}",
        )


def _unwritten(found: Ledger) -> list[int]:
    """Where several groups are missing, and none but namesakes of earlier ones stands behind the first of them: their places in the list."""
    missing = [index for index, group in enumerate(found.groups) if not group.there]
    before = {group.name for group in found.groups[: missing[0]]} if missing else set()
    whole = all(group.name in before for group in found.groups[missing[0] :] if group.there) if missing else False
    return missing if len(missing) > 1 and whole else []


def _stopped(found: Ledger, unwritten: list[int]) -> Finding:
    """A save that broke off: Keras writes layer_names first, then one group after the other."""
    names = [found.groups[index].name for index in unwritten]
    return Finding(
        NAMES / unwritten[0],
        f"the save broke off: of the {len(found.groups)} groups that layer_names lists, the last {len(names)} are not in the file "
        f"({', '.join(names[:4])}{', …' * (len(names) > 4)})",
        needs=(NEED,),
        layer=names[0],
        keras_says=f"KeyError: {names[0]!r}",
    )


def _without_weights(found: Ledger) -> Iterator[Finding]:
    """Layers whose weights no group holds, where the loader counts the groups and finds too few."""
    if found.counts or len(found.filled) > found.most:
        return
    listed = {group.name: group for group in found.groups}
    others = {other.name: other for other in found.others}
    elsewhere = {name for name, group in listed.items() if not group.there or group.arrays}  # told above, or by K607
    told = [layer for layer in found.lacking() if layer.name not in elsewhere]
    left_out = {layer.name for layer in told if _fits(layer, others.get(layer.name))}
    put_back, least = _relisted(found, left_out - listed.keys()), found.least
    for layer in told:
        other, repair = layer.name in left_out, None if layer.name in listed or layer.name not in left_out else put_back
        yield Finding(
            NAMES,
            f"{layer.name!r} has no weights in the file"
            + (": its group is there, but layer_names leaves it out" if other else f": {len(layer.variables or ())} arrays are missing"),
            repair=repair,
            needs=() if repair else (NEED,),
            layer=layer.name,
            keras_says=f"ValueError: Layer count mismatch when loading weights from file. Model expected {least} layers, "
            f"found {len(found.filled)} saved layers.",
        )


def _fits(layer: Listed, other: Group | None) -> bool:
    return other is not None and bool(layer.variables) and fitting(layer.variables or (), other.weights)


def _relisted(found: Ledger, lacking: Collection[str]) -> Repair | None:
    """Each name put in behind those of the layers before it; all of them at once, since each alone would write the whole list anew."""
    names = [group.name for group in found.groups]
    places = {name: place for place, name in enumerate(names)}
    behind: dict[int, list[str]] = {}
    last = -1
    for name in dict.fromkeys(layer.name for layer in found.layers):
        if name in lacking:
            behind.setdefault(last, []).append(name)
        last = max(last, places.get(name, -1))
    again = [*behind.get(-1, ()), *(each for place, name in enumerate(names) for each in (name, *behind.get(place, ())))]
    told = repr(next(iter(lacking), "")) if len(lacking) == 1 else f"{len(lacking)} layers"
    return Repair(f"list {told} again", (Edit(NAMES, old=names, new=again),), first=True) if lacking else None


def _short(document: Document, found: Ledger) -> Iterator[Finding]:
    """Groups with fewer arrays than their layer has weights, or with a list of arrays that are not there; those of another layer apart (K705)."""
    again, explained = regained(document), {row.there.name for row in exchanged(document)}
    for layer, group in found.pairs:
        if not lacks(layer, group) or group.name in explained:
            continue
        lost = [name for name, weight in zip(group.names, group.weights, strict=True) if weight is None]
        expected = len(layer.variables) if layer.variables is not None else 0
        told = f"lists {', '.join(lost)}, which is not there" if lost else f"holds {len(group.names)} of {expected} arrays"
        order = again.get(group.name) or (ordered(layer.variables, group.arrays) if lost and layer.variables else None)
        repair = (
            None
            if order is None
            else Repair(f"list {', '.join(order)}", (Edit(group.at / "weight_names", old=list(group.names), new=list(order)),), first=True)
        )
        yield Finding(
            group.at,
            f"{layer.name!r} lacks weights: the group {group.name!r} {told}" + _unlisted(group, bool(lost), order),
            repair=repair,
            needs=() if repair else (NEED,),
            layer=layer.name,
            keras_says=f"KeyError: {lost[0]!r}"
            if lost
            else f"ValueError: Weight count mismatch for layer #… (named {layer.name} in the current model, {group.name} in the save file). "
            f"Layer expects {expected} weight(s). Received {len(group.names)} saved weight(s)",
        )


def _unlisted(group: Group, lost: bool, order: tuple[str, ...] | None) -> str:
    """What is said of the arrays that stand in a group beside those that it lists."""
    listed = {*group.names}
    beside = [name for name in group.arrays if name not in listed]
    if order is not None:
        added = [name for name in order if name not in listed]
        return (
            "; under other names it holds exactly what it needs" if lost else f"; unlisted, it holds {_few(added)}, exactly what it needs"
        )
    return f"; unlisted, it holds {_few(beside)}, whose names and shapes do not tell what each of them is" if beside else ""


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
