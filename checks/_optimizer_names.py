"""Arrays of the optimizer's state that are not where Keras opens them, and the one way back where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kdoctor.check import Repair, Safety
from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit, apply
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.weights.optimizer import LEGACY, NATIVE, stored_state
from kdoctor.weights.optimizer_state import without_state
from kdoctor.weights.stored import fits

from ._trained import trained_weights

NAMES = Pointer("attributes", (f"/{LEGACY}", "weight_names"))


class Misnamed(NamedTuple):
    """Names that Keras opens and that are not there, and paths of arrays that it opens under no name."""

    missing: tuple[str, ...]
    strays: tuple[str, ...]


def misnamed(document: Document) -> Misnamed:
    """Of a ``.keras`` by number, of an ``.h5`` by the list of names."""
    if document.format.native:
        keys = [path[len(NATIVE) :] for path in document.weights if path.startswith(NATIVE)]
        right = dict.fromkeys(str(index) for index in range(len(keys)))
        there = frozenset(keys)
        return Misnamed(tuple(key for key in right if key not in there), tuple(NATIVE + key for key in keys if key not in right))
    names = document.at(NAMES)
    listed = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    held = [path for path in document.weights if path.startswith(f"{LEGACY}/")]
    missing = tuple(name for name in listed if f"{LEGACY}/{name}" not in document.weights)
    named = frozenset(listed)
    return Misnamed(missing, tuple(path for path in held if path.removeprefix(f"{LEGACY}/") not in named))


def cure(document: Document, target: Target, found: Misnamed, expected: Sequence[Shape | None] | None) -> Repair:
    """One name without its array and one array without its name, of the right shape, belong together; else the state is left out."""
    if len(found.missing) == len(found.strays) == 1:
        (name,), (stray,) = found.missing, found.strays
        edits = _renumbered(document, name, stray, expected) if document.format.native else _relisted(document, name, stray)
        if edits:
            return Repair(f"take {stray} for it: it has exactly the shape", edits)
    safety = Safety.UNSAFE if target.purpose == "training" else Safety.SAFE
    return Repair("leave the optimizer's state out", without_state(document), safety)


def _renumbered(document: Document, name: str, stray: str, expected: Sequence[Shape | None] | None) -> tuple[Edit, ...]:
    weight = document.weights[stray]
    if expected is None or int(name) >= len(expected) or not fits(expected[int(name)], weight.shape):
        return ()
    weights = Pointer("weights")
    return (Edit(weights / stray, old=weight, new=ABSENT), Edit(weights / (NATIVE + name), old=ABSENT, new=weight))


def _relisted(document: Document, name: str, stray: str) -> tuple[Edit, ...]:
    names, trained = document.at(NAMES), trained_weights(document)
    edit = Edit(NAMES, old=names, new=[stray.removeprefix(f"{LEGACY}/") if one == name else one for one in names])
    return (edit,) if trained is not None and stored_state(apply(document, (edit,)), trained) is not None else ()
