"""CuDNNLSTM and CuDNNGRU as the plain layers that compute the same: another class, and the weights laid out as that class has them.

Source: keras/engine/saving.py, _convert_rnn_weights, of Keras 2.2.5 (from CuDNN to plain): kernels gate by gate read in the other
order, recurrent kernels gate by gate transposed, the two biases of an LSTM added, those of a GRU stacked.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit, apply
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.pointer import Pointer, innermost
from kdoctor.recipe import add, join, part, reshape, transpose
from kdoctor.replacements.graph_order import moves
from kdoctor.structure.objects import Node, objects
from kdoctor.structure.outline import objects_named
from kdoctor.weights.claims import Claim, claims
from kdoctor.weights.optimizer import has_state
from kdoctor.weights.optimizer_state import forgotten
from kdoctor.weights.stored import fits
from kdoctor.weights.stored_h5 import ledger

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

# class -> its plain twin, the number of gates, and what the twin must be told to compute the same
TWINS: dict[str, tuple[str, int, dict[str, Json]]] = {
    "CuDNNLSTM": ("LSTM", 4, {"activation": "tanh", "recurrent_activation": "sigmoid"}),
    "CuDNNGRU": ("GRU", 3, {"activation": "tanh", "recurrent_activation": "sigmoid", "reset_after": True}),
}
ROLES = ("kernel", "recurrent_kernel", "bias")  # of each direction, in this order
CELL = "cell"
RECURRENT = re.compile(r"(LSTM|GRU|RNN)(Cell|[123]D)?$|^StackedRNNCells$")
NAMES = re.compile(r"(^|/)(lstm|gru)(?=_[0-9]+/|/)")  # the folders of twins inside a wrapped model


class Twin(NamedTuple):
    """A layer that is, or whose wrappers hold, plain layers in the edited document: the variables of their cells, and how many gates they have."""

    claim: Claim
    cells: tuple[Variable, ...]
    gates: int


class Held(NamedTuple):
    """An array of such a layer: where it stands, and where the edited document has its variable."""

    path: str
    weight: Weight
    variable: Variable
    place: str


@lru_cache(maxsize=4)
def as_plain(document: Document) -> tuple[Edit, ...] | None:
    """Edits that write every CuDNN layer, in nested models and wrappers, too, as its twin; None where their weights are not as expected.

    What the optimizer remembers of their weights goes: it is laid out as CuDNN has them.
    """
    nodes = tuple(node for node in objects_named(document, TWINS) if node.class_name in TWINS)
    renamed = tuple(Edit(node.at, old=node.raw, new=_plain(node)) for node in nodes)
    after = apply(document, renamed)
    twins = _twins(after, {node.at: TWINS[node.class_name][1] for node in nodes})
    if twins is None:
        return None
    arrays = _in_archive(document, after, twins) if document.format.native else _in_h5(after, twins)
    if arrays is None:
        return None
    return (*renamed, *arrays, *(forgotten(document) if has_state(document) else ()))


def _plain(node: Node) -> dict[str, Json]:
    class_name, _, told = TWINS[node.class_name]
    raw = {**node.raw, "class_name": class_name, "config": {**node.config, **told}}
    if raw.get("module") is not None:
        raw["module"] = "keras.layers"
    if raw.get("registered_name") is not None:
        raw["registered_name"] = None
    return raw


def _twins(after: Document, gates: Mapping[Pointer, int]) -> dict[str, Twin] | None:
    """The layers that own the twins' variables, by their places in an archive; None where one holds other cells, too, or is not known."""
    owners = {claim.node.at: claim for claim in claims(after)}
    held = _held(after, owners)
    found: dict[str, Twin] = {}
    for at, number in gates.items():
        owner = innermost(owners, at)
        cells = () if owner is None else tuple(variable for variable in owner.variables or () if _folder(variable.path) == CELL)
        if owner is None or not cells or _mixed(owner, held.get(owner.node.at, ()), gates):
            return None
        found[owner.place] = Twin(owner, cells, number)
    return found


def _held(after: Document, owners: Mapping[Pointer, Claim]) -> dict[Pointer, list[Pointer]]:
    """What stands in each layer, or is it, that has a cell of any kind."""
    found: dict[Pointer, list[Pointer]] = {}
    for node in objects(after):
        owner = innermost(owners, node.at) if RECURRENT.search(node.class_name) else None
        if owner is not None:
            found.setdefault(owner.node.at, []).append(node.at)
    return found


def _mixed(claim: Claim, held: Collection[Pointer], gates: Mapping[Pointer, int]) -> bool:
    """Whether a layer holds other cells than those of twins, or twins of two kinds."""
    twins = {gates[at] for at in held if at in gates}
    return len(twins) != 1 or any(at not in gates for at in held if at != claim.node.at)


def _folder(path: str) -> str:
    """The last folder of a variable: ``cell`` of ``forward_layer/cell/vars/0``."""
    return path.rpartition("/vars/")[0].rpartition("/")[2]


def _in_h5(after: Document, twins: Mapping[str, Twin]) -> list[Edit] | None:
    """The arrays stand as the loader takes them: only their shapes are others."""
    book = ledger(after)
    found: dict[str, list[Held]] = {}
    for row, group in book.pairs if book is not None else ():
        if row.variables is None or len(row.variables) != len(group.weights):
            continue
        for variable, name, weight in zip(row.variables, group.names, group.weights, strict=True):
            place = f"{row.place}/{variable.path}"
            owner = _owner(place, twins)
            if owner is not None and weight is not None and _folder(variable.path) == CELL:
                found.setdefault(owner, []).append(Held(f"{group.path[1:]}/{name}", weight, variable, place))
    made = _made(twins, found)
    return None if made is None else [Edit(_at(held.path), old=held.weight, new=Weight.made(new)) for held, new in made]


def _in_archive(document: Document, after: Document, twins: Mapping[str, Twin]) -> list[Edit] | None:
    """The cells of the twins stand one folder deeper, and layers are counted by their classes: those of others move, too."""
    moved = dict(moves(document, after))
    places = {claim.node.at: claim.place for claim in claims(document)}
    found: dict[str, list[Held]] = {}
    for place, twin in twins.items():
        before = places.get(twin.claim.node.at, place)
        for variable in twin.cells:
            path = next((path for path in _stood(f"{before}/", variable.path) if path in document.weights), None)
            if path is not None:
                found.setdefault(place, []).append(Held(path, document.weights[path], variable, f"{place}/{variable.path}"))
    made = _made(twins, found)
    if made is None:
        return None
    gone = {held.path for held, _ in made} | {*moved}
    shall: dict[str, Weight] = {new: document.weights[old] for old, new in moved.items()}
    for held, recipe in made:
        shall.pop(moved.get(held.path, ""), None)
        shall[held.place if LAYERS in held.path.split("/") else held.place.replace(LAYERS, CHECKPOINT)] = Weight.made(recipe)
    touched = {path: document.weights.get(path, ABSENT) for path in sorted({*shall, *gone})}
    return [Edit(_at(path), old=old, new=shall.get(path, ABSENT)) for path, old in touched.items() if old != shall.get(path, ABSENT)]


def _stood(before: str, path: str) -> Iterator[str]:
    """Where an archive may have the array of a twin's variable: CuDNN layers have no cell, and are counted by their own names."""
    plain = path.replace(f"{CELL}/", "")
    for inside in (plain, NAMES.sub(r"\1cu_dnn\2", plain)):
        yield before + inside
        yield (before + inside).replace(LAYERS, CHECKPOINT)


def _made(twins: Mapping[str, Twin], found: Mapping[str, Sequence[Held]]) -> list[tuple[Held, Recipe]] | None:
    """Each array with what the twin has of it; None where some are missing, or have other shapes."""
    made: list[tuple[Held, Recipe]] = []
    for place, twin in twins.items():
        owned = found.get(place, ())
        if len(owned) != len(twin.cells):
            return None
        for three in _by_direction(owned):
            recipes = _direction(three, twin.gates)
            if recipes is None:
                return None
            made += zip(three, recipes, strict=True)
    return made


def _by_direction(owned: Sequence[Held]) -> Iterator[Sequence[Held]]:
    """The kernel, recurrent kernel and biases of each cell."""
    cells: dict[str, list[Held]] = {}
    for held in owned:
        cells.setdefault(held.place.rpartition("/")[0], []).append(held)
    for three in cells.values():
        yield sorted(three, key=lambda held: ROLES.index(held.variable.role))


def _direction(three: Sequence[Held], gates: int) -> tuple[Recipe, Recipe, Recipe] | None:
    """Kernel (input, gates x units), recurrent kernel (units, gates x units), biases (2 x gates x units)."""
    if len(three) != len(ROLES) or not all(fits(held.variable.shape, held.weight.shape) for held in three[:2]):
        return None
    kernel, recurrent, bias = (held.weight.numbers for held in three)
    units = recurrent.shape[0] if len(recurrent.shape) == 2 else 0
    if not units or recurrent.shape[1] != gates * units or kernel.shape[1:] != (gates * units,) or bias.shape != (2 * gates * units,):
        return None
    kernels = [transpose(reshape(part(kernel, 1, n * units, (n + 1) * units), (units, kernel.shape[0]))) for n in range(gates)]
    recurrents = [transpose(part(recurrent, 1, n * units, (n + 1) * units)) for n in range(gates)]
    half = gates * units
    biases = add(part(bias, 0, 0, half), part(bias, 0, half, 2 * half)) if gates == TWINS["CuDNNLSTM"][1] else reshape(bias, (2, half))
    return join(1, kernels), join(1, recurrents), biases


def _owner(place: str, twins: Mapping[str, Twin]) -> str | None:
    """The innermost of these layers that a variable belongs to."""
    while place and place not in twins:
        place = place.rpartition("/")[0]
    return place or None


def _at(path: str) -> Pointer:
    return Pointer("weights", (path,))
