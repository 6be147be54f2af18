from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from kdoctor.check import Finding, Need, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import layout_of
from kdoctor.pointer import Pointer
from kdoctor.structure.outline import telling
from kdoctor.target import Target
from kdoctor.weights.accounting import Holding, Owner, holdings
from kdoctor.weights.crossed_h5 import crossed
from kdoctor.weights.exchanged_h5 import Exchange, exchanged, put_back
from kdoctor.weights.rearrange import Rearrangement, edits, exchanges
from kdoctor.weights.stored import Account, accountable, accounts
from kdoctor.weights.stored_h5 import NAMES, Ledger, ledger, misfits

from ._weights_order import exchanged_names, misnamed, out_of_turn, reordered


@check("K705", Severity.ERROR, mild=Severity.WARNING, since="0.1.0")
def wrong_variable_count(document: Document, target: Target) -> Iterator[Finding]:
    """A layer is handed more weights than it has, or those of another one, or its own in another order.

    Keras 3 pairs layers and groups by order in an ``.h5`` ("Layer count mismatch when loading weights from file. Model expected 2 layers,
    found 3 saved layers", "Weight count mismatch for layer #0"), and by class and number in a ``.keras`` ("Layer 'dense' expected 2
    variables, but received 3 variables during loading").

    The cure puts arrays, and whole groups of an ``.h5``, that stand in each other's place back, when their shapes leave one way alone. Where
    shapes agree and only the arrays bear the name of the other group's layer, that is a warning without a cure: groups were exchanged, or
    layers renamed, and nothing in the file tells which.
    """
    if not accountable(document):
        return
    if document.format.native:
        for found in exchanges(document, layout_of(target)):
            yield _exchanged(document, found)
        explained = {id(account) for found in exchanges(document, layout_of(target)) for account in found.accounts}
        for account in accounts(document, layout_of(target)):
            if len(account.stored) > len(account.expected) and not account.missing and id(account) not in explained:
                yield _too_many(account)
        yield from _for_nothing(document, target)
        return
    found_h5 = ledger(document)
    if found_h5 is not None:
        rows = exchanged(document)
        if rows:
            yield _groups_exchanged(document, rows)
        elif target.keras_3 or not _weighs_words(document):
            yield from _miscounted(found_h5)
        yield from _in_another_order(found_h5)
        yield from _crossed(document)
        yield from _under_other_names(found_h5)
        yield from _named_after_others(found_h5, {row.there.name for row in rows})


def _weighs_words(document: Document) -> bool:
    """Whether a layer counts words by weights: Keras 2 has them among its own, Keras 3 beside them (index_lookup.py, idf_weights)."""
    return any(node.config.get("output_mode") == "tf_idf" for node in telling(document))


def _exchanged(document: Document, found: Rearrangement) -> Finding:
    account = found.accounts[0]
    names = list(dict.fromkeys(account.claim.name for account in found.accounts))
    told = " and ".join(repr(name) for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return Finding(
        account.claim.node.at,
        f"the weights of {told} stand in {found.why}",
        repair=Repair(f"put {len(found.moves)} arrays where their shapes fit", edits(document, found.moves), first=True),
        layer=account.claim.name,
        keras_says="ValueError: The shape of the target variable and the shape of the target value in `variable.assign(value)` must match.",
    )


def _too_many(account: Account) -> Finding:
    return Finding(
        account.claim.node.at,
        f"{account.claim.name!r} has {len(account.expected)} variables, but {account.group}/vars holds {len(account.stored)} arrays",
        layer=account.claim.name,
        keras_says=f"ValueError: Layer '{account.claim.name}' expected {len(account.expected)} variables, but received "
        f"{len(account.stored)} variables during loading. Expected: {[variable.role for variable in account.expected]}",
    )


def _for_nothing(document: Document, target: Target) -> Iterator[Finding]:
    """Arrays where the loader looks for a layer, or a model, that owns none itself."""
    counted = {account.group for account in accounts(document, layout_of(target))}
    surplus: dict[str, list[Holding]] = {}
    for holding in holdings(document, layout_of(target)):
        group = f"/{holding.path}".rpartition("/vars/")[0].lstrip("/")
        if holding.owner is Owner.SURPLUS and group not in counted:
            surplus.setdefault(group, []).append(holding)
    for group, found in surplus.items():
        name = found[0].layer or "the model itself"
        yield Finding(
            Pointer("weights", (found[0].path,)),
            f"{f'{group}/' if group else ''}vars holds {len(found)} arrays, but {name} has no variables there",
            layer=found[0].layer or None,
            keras_says=f"ValueError: Layer '{found[0].layer}' expected 0 variables, but received {len(found)} variables during loading.",
        )


def _named_after_others(found: Ledger, explained: Collection[str]) -> Iterator[Finding]:
    names = exchanged_names(found).difference(explained)
    groups = [group for layer, group in found.pairs if group.name in names and not misfits(layer, group)]
    if len(groups) > 1:
        told = " and ".join(repr(group.name) for group in groups[:3]) + (f" and {len(groups) - 3} more" if len(groups) > 3 else "")
        yield Finding(
            groups[0].at,
            f"the arrays in the groups of {told} bear each other's names: the groups were exchanged, or the layers renamed; all shapes agree, "
            "and nothing in the file tells which",
            needs=(Need("FILE", "the file as it was saved", "whose numbers they are cannot be told"),),
            layer=groups[0].name,
            mild=True,
        )


def _groups_exchanged(document: Document, rows: Sequence[Exchange]) -> Finding:
    layer, there, _ = rows[0]
    names = " and ".join(repr(row.layer.name) for row in rows[:3]) + (f" and {len(rows) - 3} more" if len(rows) > 3 else "")
    return Finding(
        there.at,
        f"the groups of {names} stand in each other's place: the shapes in each are those of one of the others alone",
        repair=Repair(f"put {len(rows)} groups where their shapes fit", put_back(document, rows), first=True),
        layer=layer.name,
        keras_says=f"ValueError: Shape mismatch in layer #… (named {layer.name}) …",
    )


def _miscounted(found: Ledger) -> Iterator[Finding]:
    """More groups than layers, or fewer with no telling which; and groups with more arrays than their layer has weights."""
    broken = any(not group.there or (group.arrays and not group.names) for group in found.groups) or _repeat([g.name for g in found.groups])
    if not found.counts and not broken and not (len(found.filled) < found.least and found.lacking()):
        layers = {layer.name: layer.weighted for layer in found.layers}
        extra = [group.name for group in found.filled if layers.get(group.name, False) is False]
        named = f" ({', '.join(map(repr, extra[:3]))} belong to no layer with weights)" if extra and len(found.filled) > found.most else ""
        yield Finding(
            NAMES,
            f"the model has {found.least} layers with weights, the file {len(found.filled)}{named}",
            keras_says=f"ValueError: Layer count mismatch when loading weights from file. Model expected {found.least} layers, "
            f"found {len(found.filled)} saved layers.",
        )
    for layer, group in found.pairs:
        if layer.variables is not None and len(group.names) > len(layer.variables) and not _repeat(group.names):
            yield Finding(
                group.at,
                f"{layer.name!r} has {len(layer.variables)} weights, but its group {group.name!r} lists {len(group.names)}",
                layer=layer.name,
                keras_says=f"ValueError: Weight count mismatch for layer #… (named {layer.name} in the current model, {group.name} in the save "
                f"file). Layer expects {len(layer.variables)} weight(s). Received {len(group.names)} saved weight(s)",
            )


def _repeat(names: Sequence[str]) -> bool:
    """Whether a list holds a name twice, which K707 tells."""
    return len(set(names)) < len(names)


def _crossed(document: Document) -> Iterator[Finding]:
    """Arrays of two layers in each other's place; the lists of both groups name what belongs there."""
    found = crossed(document)
    if found is None:
        return
    layer, group = found.pairs[0]
    names = " and ".join(repr(row.name) for row, _ in found.pairs[:3]) + (
        f" and {len(found.pairs) - 3} more" if len(found.pairs) > 3 else ""
    )
    weights = document.weights
    variable, weight = misfits(layer, group)[0]
    yield Finding(
        group.at,
        f"{len(found.moves)} weights of {names} stand in each other's place",
        repair=Repair(
            f"put {len(found.moves)} arrays where their shapes fit",
            tuple(Edit(Pointer("weights", (new,)), old=weights[new], new=weights[old]) for old, new in found.moves),
            first=True,
        ),
        layer=layer.name,
        keras_says=f"ValueError: Shape mismatch in layer #… (named {layer.name})for weight …{variable.role}. Weight expects shape "
        f"{variable.shape}. Received saved weight with shape {weight.shape}",
    )


def _in_another_order(found: Ledger) -> Iterator[Finding]:
    for layer, group, order in reordered(found):
        others = exchanged_names(found)
        variable, weight = misfits(layer, group)[0]
        edit = Edit(group.at / "weight_names", old=list(group.names), new=list(order))
        yield Finding(
            group.at / "weight_names",
            f"the group {group.name!r} lists the weights of {layer.name!r} in another order than the layer has them"
            + (
                f", under the name of {group.names[0].split('/')[0]!r}: whose numbers they are cannot be told"
                if group.name in others
                else ""
            ),
            repair=Repair(f"list them as {', '.join(order)}", (edit,), first=True) if group.name not in others else None,
            layer=layer.name,
            keras_says=f"ValueError: Shape mismatch in layer #… (named {layer.name})for weight …{variable.role}. Weight expects shape "
            f"{variable.shape}. Received saved weight with shape {weight.shape}",
        )


def _under_other_names(found: Ledger) -> Iterator[Finding]:
    """All shapes agree, so that Keras loads it without a word; only the names tell that the numbers are another's."""
    for layer, group, order in misnamed(found):
        others = exchanged_names(found)
        edit = Edit(group.at / "weight_names", old=list(group.names), new=list(order))
        yield Finding(
            group.at / "weight_names",
            f"the group {group.name!r} lists {', '.join(group.names)}: each goes to another variable of {layer.name!r} than its name says",
            repair=Repair(f"list them as {', '.join(order)}", (edit,), first=True) if group.name not in others else None,
            layer=layer.name,
        )
    listed = out_of_turn(found)
    if listed is not None:
        names = [group.name for group in found.groups]
        crossed = [f"{layer.name!r} the weights of {group.name!r}" for layer, group in found.pairs if layer.name != group.name]
        yield Finding(
            NAMES,
            f"layer_names is in another order than the layers: it gives {', '.join(crossed[:3])}",
            repair=Repair("list them in the order of the layers", (Edit(NAMES, old=names, new=listed),), first=True),
        )
