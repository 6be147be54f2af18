from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.target import Target
from kdoctor.weights.claims import Listed
from kdoctor.weights.stored_h5 import NAMES, Group, Ledger, fitting, ledger, ordered
from kdoctor.weights.unlisted import in_full


@check("K707", Severity.ERROR, since="0.1.0")
def duplicate_weight_name(document: Document, target: Target) -> Iterator[Finding]:
    """An ``.h5`` lists one group, or one array of a group, twice.

    An HDF5 file keeps one array under one name, so two weights, or two layers, with one name end as one array that is listed twice. Keras
    finds too many ("Layer count mismatch when loading weights from file. Model expected 2 layers, found 3 saved layers", "Weight count
    mismatch for layer #0"), or, where the numbers agree by chance, reads the same numbers for both.

    The cure lists each once, where all that the model needs is in the file and there is one order for it. Where an array was overwritten
    by its namesake its numbers are lost, and there is none.
    """
    found = ledger(document)
    if found is None:
        return
    names = [group.name for group in found.groups]
    repeated = _repeated(names)
    listed = _each_once(found) if repeated else None
    for name, count in repeated.items():
        yield Finding(
            NAMES,
            f"layer_names lists {name!r} {count} times",
            repair=None if listed is None else Repair("list each group once", (Edit(NAMES, old=names, new=listed),), first=True),
            layer=name,
            keras_says=f"ValueError: Layer count mismatch when loading weights from file. Model expected {found.least} layers, "
            f"found {len(found.filled)} saved layers.",
        )
    layers = {layer.name: layer for layer in reversed(found.layers)}
    for group in {group.name: group for group in found.groups}.values():
        if len({*group.names}) < len(group.names):
            yield from _in_group(layers.get(group.name), group)


def _repeated(names: Sequence[str]) -> Mapping[str, int]:
    """The names that stand there more than once, with their number."""
    return {name: count for name, count in Counter(names).items() if count > 1}


def _in_group(layer: Listed | None, group: Group) -> Iterator[Finding]:
    repeated = _repeated(group.names)
    order = _order(layer, group) if repeated and layer is not None else None
    at = group.at / "weight_names"
    expected = len(layer.variables) if layer is not None and layer.variables is not None else "?"
    for name, count in repeated.items():
        yield Finding(
            at,
            f"the group {group.name!r} lists {name!r} {count} times",
            repair=None
            if order is None
            else Repair(f"list {', '.join(order)}", (Edit(at, old=list(group.names), new=list(order)),), first=True),
            layer=group.name,
            keras_says=f"ValueError: Weight count mismatch for layer #… (named {group.name} in the current model, {group.name} in the save file). "
            f"Layer expects {expected} weight(s). Received {len(group.names)} saved weight(s)",
        )


def _order(layer: Listed, group: Group) -> tuple[str, ...] | None:
    """The names once each, where they then fit the layer as they stand; else all arrays of the group in the only order that fits, which those
    that are listed once, and the folders of the others, may tell where shapes do not."""
    once = tuple(dict.fromkeys(group.names))
    variables = layer.variables or ()
    if fitting(variables, [group.arrays.get(name) for name in once]):
        return once
    repeated = _repeated(group.names)
    return ordered(variables, group.arrays) or in_full(layer, group._replace(names=tuple(name for name in once if name not in repeated)))


def _each_once(found: Ledger) -> list[str] | None:
    """The groups once each, where they then are those of the layers, in their order; None where one would still be lacking."""
    groups = {group.name: group for group in (*found.groups, *found.others) if group.there}
    weighted = [layer for layer in found.layers if layer.weighted is not False]
    if any(layer.variables is None or layer.name not in groups for layer in weighted):
        return None
    if not all(fitting(layer.variables or (), groups[layer.name].weights) for layer in weighted):
        return None
    listed = {group.name for group in found.groups}
    return [layer.name for layer in found.layers if layer.name in listed or layer.weighted]
