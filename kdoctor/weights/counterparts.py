"""Which arrays of two files are the same ones, whatever their containers call them.

A ``.keras`` archive counts classes (``layers/dense_1/vars/0``) where an ``.h5`` has names (``model_weights/scores/scores/kernel``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from kdoctor.document import Document
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.structure.layers import layer_at
from kdoctor.structure.manifest import FOREIGN, LEGACY_ROOT
from kdoctor.structure.shared_layers import twins
from kdoctor.weights.accounting import Holding, Owner, holdings
from kdoctor.weights.claims import Claim, claims, listed
from kdoctor.weights.likeness import alike, same_numbers
from kdoctor.weights.meant_values import same_number
from kdoctor.weights.optimizer import optimizer_of
from kdoctor.weights.pairing import Pairing
from kdoctor.weights.state_words import RATE, Meaning, state_words
from kdoctor.weights.states import listed_states, same_states

STATE = "optimizer/vars/"
LORA = "lora_"
METRICS = "metrics/"  # Keras 2 keeps what they counted in its last epoch: every training and evaluation begins anew


class Word(NamedTuple):
    """What people call a variable: its layer by the names around it, and its role there. ``weight``: whether an ``.h5`` lists it."""

    layer: str
    role: str
    weight: bool


class Couple(NamedTuple):
    """An array by its name, and where it stands on either side; None for a side that has it not."""

    name: str
    one: Holding | None
    other: Holding | None


def counterparts(one: Document, other: Document, pairing: Pairing) -> Iterator[Couple]:
    """Every array of either file once, in the order of the first. Never raises.

    Of two containers, what one of them has no room for is left out: an archive keeps the states of random numbers, and some arrays twice.
    """
    apart = one.format.native is not other.format.native
    ours = {theirs: mine for mine, theirs in pairing.renamed.items()}
    shared = {**_shared(one, {}), **_shared(other, ours)} if apart else {}
    told, meant = _meanings(one, {}), _meanings(other, ours)
    if not (told and meant):  # what one side alone can tell pairs nothing
        told, meant = {}, {}
    first, second = _named(one, {}, shared, apart, told), _named(other, ours, shared, apart, meant)
    found: Mapping[str, str] = {}
    if apart:
        left = _by_layer(one, {}, {name: held for name, held in first.items() if name not in second})
        right = _by_layer(other, ours, {name: held for name, held in second.items() if name not in first})
        found = {a: b for layer in left if layer in right for a, b in alike((one, left[layer]), (other, right[layer]))}
    elif not one.format.native:
        pairs = {theirs: mine for mine, theirs in same_states(_shapes(one, first), _shapes(other, second))}
        second = {pairs.get(name, name): held for name, held in second.items()}
    taken = set(found.values())
    merged = {*_merged(one, first, found), *_merged(other, second, taken)} if apart else set()
    merged |= {*_kept_elsewhere(one, first, told, other, second), *_kept_elsewhere(other, second, meant, one, first)}
    for name in dict.fromkeys((*first, *(name for name in second if name not in taken))):
        if name not in merged:
            yield Couple(name, first.get(name), second.get(found.get(name, name)))


def _meanings(document: Document, renamed: Mapping[str, str]) -> Mapping[str, Meaning]:
    words = _words(document).items()
    return state_words(document, {place: f"{renamed.get(word.layer, word.layer)}.{word.role}" for place, word in words})


def _kept_elsewhere(
    document: Document, named: Mapping[str, Holding], told: Mapping[str, Meaning], other: Document, beside: Mapping[str, Holding]
) -> Iterator[str]:
    """Arrays of an optimizer that the other file needs not: a rate that its config says, as far as the number was looked at, and what no
    step is computed with."""
    for path, meaning in told.items():
        if not meaning.dispensable or meaning.name not in named or meaning.name in beside:
            continue
        numbers, rate = document.numbers.get(path), optimizer_of(other)[1].get("learning_rate", optimizer_of(other)[1].get("lr"))
        if not meaning.name.startswith(RATE) or numbers is None or numbers.mean is None or same_number(numbers.mean, rate):
            yield meaning.name


def _shared(document: Document, renamed: Mapping[str, str]) -> Mapping[str, str]:
    """A layer that stands in two models of an archive, which holds its arrays once: the later path -> the first."""
    paths = [tuple("/".join((*row.parents, row.name)) for row in (pair.later, pair.first)) for pair in twins(document).values()]
    return {renamed.get(later, later): renamed.get(first, first) for later, first in paths}


def _named(
    document: Document, renamed: Mapping[str, str], shared: Mapping[str, str], apart: bool, told: Mapping[str, Meaning]
) -> dict[str, Holding]:
    """Arrays by layer and role; by their paths where that is not told. ``apart``: the other file is of another container; told: what
    the arrays of the optimizer are."""
    words, states = _words(document), _states(document) if apart else {}
    found: dict[str, Holding] = {}
    for held in holdings(document):
        word = words.get(held.place)
        if word is None and held.owner is Owner.TRAINING and held.path.startswith(METRICS):
            continue
        if apart and document.format.native and _has_no_room(held, word):
            continue
        layer = "" if word is None else renamed.get(word.layer, word.layer)
        name = states.get(held.path, held.path) if word is None else f"{shared.get(layer, layer)}.{word.role}"
        name = told[held.path].name if held.path in told else name
        if name in found and apart and same_numbers(document, found[name], document, held):
            continue  # an .h5 lists a layer that stands in two models twice
        found[held.path if name in found else name] = held
    return found


def _has_no_room(held: Holding, word: Word | None) -> bool:
    """Whether an ``.h5`` has no room for what an archive holds."""
    if word is not None:
        return not word.weight
    return held.owner is Owner.TRAINING and FOREIGN.search(held.path) is not None and not held.path.startswith(STATE)


def _words(document: Document) -> Mapping[str, Word]:
    """What the variables are called, by their places in an archive; roles that two variables of a layer have are told by the part they are in."""
    found: dict[str, Word] = {}
    for claim in claims(document):
        row = layer_at(document, claim.node.at)
        layer = claim.name if row is None else "/".join((*row.parents, row.name))
        found |= {f"{claim.place}/{path}": Word(layer, role, weight) for path, role, weight in _roles(claim)}
    return found


def _roles(claim: Claim) -> Iterator[tuple[str, str, bool]]:
    rows = [(one, one.path.rpartition("vars/")[0].strip("/")) for one in claim.variables or ()]
    alone = Counter(one.role for one, _ in rows)
    in_part = Counter((part, one.role) for one, part in rows)
    for one, part in rows:
        role = one.role if alone[one.role] == 1 else f"{part}.{one.role}".lstrip(".")
        yield one.path, role if in_part[part, one.role] == 1 else one.path, one.weight


def _shapes(document: Document, named: Mapping[str, Holding]) -> Mapping[str, tuple[int, ...]]:
    return {path: named[path].weight.shape for path in listed_states(document) if path in named}


def _states(document: Document) -> Mapping[str, str]:
    """The state of an optimizer in an ``.h5`` as an archive counts it: both list ``optimizer.variables``."""
    return {path: f"{STATE}{index}" for index, path in enumerate(listed_states(document))}


def _by_layer(document: Document, renamed: Mapping[str, str], some: Mapping[str, Holding]) -> Mapping[str, dict[str, Holding]]:
    """Arrays by the layer of the outermost model that they are in, in the order in which Keras keeps them."""
    places = {row.place: row.name for row in listed(document)} if document.format.native else {}
    found: dict[str, dict[str, Holding]] = {}
    for name, held in some.items():
        steps = held.path.replace(CHECKPOINT, LAYERS).split("/")
        if document.format.native:
            layer = places.get("/".join(steps[:2]), "")
        else:
            layer = (held.layer if held.owner is not Owner.LAYER else "") or (steps[1] if held.path.startswith(LEGACY_ROOT) else "")
        if layer and held.owner is not Owner.TRAINING:
            found.setdefault(layer, {})[name] = held
    return {renamed.get(layer, layer): dict(_in_order(document, layer, arrays)) for layer, arrays in found.items()}


def _in_order(document: Document, layer: str, arrays: Mapping[str, Holding]) -> Sequence[tuple[str, Holding]]:
    """An archive counts the arrays of a group, an ``.h5`` lists those of a layer."""
    names = document.attributes.get(f"/{LEGACY_ROOT}{layer}", {}).get("weight_names")
    numbers = {f"{LEGACY_ROOT}{layer}/{name}": index for index, name in enumerate(names)} if isinstance(names, list) else {}

    def order(item: tuple[str, Holding]) -> tuple[str, int]:
        group, _, key = item[1].path.rpartition("/")
        if document.format.native:
            return group, int(key) if key.isdecimal() else 0
        return "", numbers.get(item[1].path, len(numbers))

    return sorted(arrays.items(), key=order)


def _merged(document: Document, named: Mapping[str, Holding], found: Collection[str]) -> Iterator[str]:
    """Low-rank arrays of an ``.h5`` that change nothing, as far as their numbers were looked at: an archive holds kernels with them merged in."""
    groups: dict[str, dict[str, Holding]] = {}
    for name, held in named.items() if not document.format.native else ():
        group, _, last = held.path.rpartition("/")
        if name not in found and last.startswith(LORA):
            groups.setdefault(group, {})[name] = held
    for rows in groups.values():
        second = [document.numbers.get(held.path) for held in rows.values() if held.path.endswith("_b")]
        if second and all(numbers is None or numbers.zeros == numbers.count for numbers in second):
            yield from rows
