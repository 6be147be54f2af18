"""What K701 and K604 tell of a layer that stands in several models of an archive, and is one layer, with one set of weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit
from kdoctor.keras_api.layouts import layout_of
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import Layer
from kdoctor.structure.shared_layers import NUMBER, WRAPPED, Pair, apart, number_of, strayed, twins
from kdoctor.structure.shared_layers import pairs as every_pair
from kdoctor.target import Target
from kdoctor.weights.stored import Account, accounts

Accounts = Mapping[Pointer, Mapping[str, Account]]  # by the entry and the part of its layer


class Shared(NamedTuple):
    """A finding, and the accounts without arrays that it explains."""

    finding: Finding
    accounts: tuple[Account, ...]


def rejoined(document: Document, target: Target) -> Shared | None:
    """Layers that are one with those of another model, whose entry has lost the number that says so."""
    pairs = strayed(document) if layout_of(target).joins else ()
    halves = _halves(pairs, _by_layer(document, target)) if pairs else []
    if not halves:
        return None
    edits = tuple(Edit(pair.first.at / NUMBER, old=ABSENT, new=number_of(pair.later)) for pair in pairs)
    pair = halves[0][1]
    names = [account.claim.name for account, _ in halves]
    message = (
        f"{_several(names)} share{'s' * (len({*names}) == 1)} the weights of the nested model {pair.first.parents[-1]!r}, whose entry has lost "
        "the number that says so"
    )
    return _told(halves, message, Repair("write the number that both have: one layer, as it was saved", edits))


def separated(document: Document, target: Target) -> Shared | None:
    """Layers that Keras would make one, and then take the call of the one for that of the other, or never makes one, as Keras 2: each can
    have the weights to itself."""
    joins = layout_of(target).joins
    pairs = _with_the_first(apart(document) if joins else every_pair(document))
    kept = _by_layer(document, target) if pairs else {}
    halves = _halves(_outermost(document, pairs, kept, joins), kept)
    alone = {pair.later.at for _, pair in halves}
    whole = {pair.first.at for pair in (*twins(document).values(), *strayed(document))} if joins else set()
    if (
        not halves
        or any(pair.first.at in whole for pair in pairs)
        or any(pair.later.at in kept and pair.later.at not in alone for pair in _outermost(document, pairs, kept, joins))
    ):
        return None
    numbered = {layer.at: layer for pair in pairs for layer in pair if number_of(layer) is not None}
    edits = [Edit(at / NUMBER, old=number_of(layer), new=ABSENT) for at, layer in numbered.items()]
    edits += [edit for pair in {pair.later.at: pair for _, pair in halves}.values() for edit in _copies(pair, kept)]
    names = [account.claim.name for account, _ in halves]
    message = f"{_several(names)} stand{'s' * (len({*names}) == 1)} in two places with one set of weights, and " + (
        "with other inputs in each: Keras takes the call of the one for that of the other" if joins else f"{target} makes two layers of it"
    )
    title = "give each its own copy of the weights: it predicts the same, and training changes the two apart"
    return _told(halves, message, Repair(title, tuple(edits), Safety.UNSAFE))


def miscalled(document: Document, target: Target) -> Iterator[Finding]:
    """Layers without weights that Keras makes one, and whose calls it then mistakes for each other (K604)."""
    pairs = apart(document) if document.format.native and layout_of(target).joins else ()
    kept = _by_layer(document, target) if pairs else {}
    if any(layer.at in kept for pair in pairs for layer in pair):
        return
    for pair in pairs:
        if (number := number_of(pair.first)) is not None:
            edits = tuple(Edit(layer.at / NUMBER, old=number, new=ABSENT) for layer in pair)
            yield Finding(
                pair.later.at,
                f"{pair.later.name!r} stands in two models by one number, and with other inputs in each: Keras takes the call of the one for that "
                "of the other",
                repair=Repair("make two layers of it: it has no weights", edits),
                layer=pair.later.name,
                keras_says="ValueError: Output with path `` is not connected to `inputs`",
            )


def _with_the_first(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Of a layer that stands in three models or more, every entry with the first one, which has the weights."""
    before = {pair.later.at: pair.first for pair in pairs}
    found = []
    for pair in pairs:
        first, met = pair.first, {pair.later.at}
        while first.at in before and first.at not in met:
            met.add(first.at)
            first = before[first.at]
        found.append(Pair(first, pair.later))
    return tuple(found)


def _outermost(document: Document, pairs: Sequence[Pair], kept: Accounts, joins: bool) -> list[Pair]:
    """The pairs without wrapped layers whose wrappers are a pair as well, and without wrappers whose layers Keras makes one. A
    wrapper that keeps no weights there (a Bidirectional, which makes two layers of the one) is none of these."""
    inside = {pair.later.at: pair.later.at / "config" / WRAPPED for pair in pairs if pair.first.at / "config" / WRAPPED in kept}
    wrapped = {*inside.values()}
    one = {pair.later.at for pair in (*twins(document).values(), *strayed(document))} if joins else set()
    return [pair for pair in pairs if pair.later.at not in wrapped and inside.get(pair.later.at) not in one]


def _by_layer(document: Document, target: Target) -> Accounts:
    """What each entry owns, with the layer in a wrapper for itself."""
    found: dict[Pointer, dict[str, Account]] = {}
    for account in accounts(document, layout_of(target)):
        own, first, rest = account.claim.node.at, *account.part.partition("/")[::2]
        found.setdefault(own, {})[account.part] = account
        if first == WRAPPED:
            found.setdefault(own / "config" / WRAPPED, {})[rest] = account
    return found


def _halves(pairs: Sequence[Pair], kept: Accounts) -> list[tuple[Account, Pair]]:
    """The accounts of the later entries that have no arrays at all, where the first entry has all of its own."""
    return [
        (account, pair)
        for pair in pairs
        for account in kept.get(pair.later.at, {}).values()
        if not any(other.stored for other in kept[pair.later.at].values()) and _whole(pair.first, kept)
    ]


def _whole(layer: Layer, kept: Accounts) -> bool:
    return layer.at in kept and all(account.balanced for account in kept[layer.at].values())


def _copies(pair: Pair, kept: Accounts) -> Iterator[Edit]:
    for part, account in kept[pair.later.at].items():
        for key, (_, weight) in kept[pair.first.at][part].stored.items() if part in kept[pair.first.at] else ():
            yield Edit(Pointer("weights", (f"{account.group}/vars/{key}",)), old=ABSENT, new=weight)


def _several(names: Sequence[str]) -> str:
    told = list(dict.fromkeys(names))
    return " and ".join(map(repr, told[:3])) + (f" and {len(told) - 3} more" if len(told) > 3 else "")


def _told(halves: Sequence[tuple[Account, Pair]], message: str, repair: Repair) -> Shared:
    account, pair = halves[0]
    says = (
        f"ValueError: Layer '{account.claim.name}' expected {len(account.expected)} variables, but received 0 variables during loading. "
        f"Expected: {[variable.role for variable in account.expected]}"
    )
    lost = number_of(pair.first) is None
    return Shared(
        Finding(account.claim.node.at, message, repair=repair, layer=account.claim.name, keras_says=says if lost else None),
        tuple(account for account, _ in halves),
    )
