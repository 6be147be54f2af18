"""What each array of an optimizer's state is: the number of steps, the learning rate, a slot of a variable. Its number alone does not tell:
Keras 3 stores the learning rate beside the steps, which moves all that follows by one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kdoctor.document import Document, Weight
from kdoctor.keras_api.catalogue import releases
from kdoctor.keras_api.loss_scaling import OWN, computing
from kdoctor.keras_api.slots import Style, has_rate, slots
from kdoctor.weights.accounting import holdings
from kdoctor.weights.claims import claims, listed
from kdoctor.weights.optimizer import INNER, optimizer_of, stored_list, stored_state, style_of

RATE = "optimizer: learning rate"


class Meaning(NamedTuple):
    """What an array is called. ``dispensable``: another Keras says it elsewhere, or computes nothing with it, and stores it not."""

    name: str
    dispensable: bool = False


def state_words(document: Document, names: Mapping[str, str]) -> Mapping[str, Meaning]:
    """Path -> what it is, for all arrays of the state; nothing where it is not known to be that of the model's variables. Never raises.

    names: of the variables, by their places in an archive. A repaired archive states the release that saved it first, and holds the state as
    Keras 3 does.
    """
    trained = [*_trained(document)]
    if not stored_list(document) or any(place not in names for place, _ in trained):
        return {}
    newer = {**document.parts, "metadata": {**document.metadata, "keras_version": releases()[-1]}}
    sides = (document, document.replacing(newer)) if document.format.native else (document,)
    return next((found for side in sides if (found := _words(side, trained, names))), {})


def _words(document: Document, trained: Sequence[tuple[str, Weight]], names: Mapping[str, str]) -> Mapping[str, Meaning]:
    state = stored_state(document, [weight for _, weight in trained])
    if state is None:
        return {}
    told = {id(weight): Meaning(f"optimizer: scaling {index}") for index, weight in enumerate(state.scaling)}
    if state.steps is not None:
        told[id(state.steps)] = Meaning("optimizer: steps")
    for slot, kept in state.kept.items():
        for (place, _), weight in zip(trained, kept, strict=True):
            told[id(weight)] = Meaning(f"optimizer: {slot} of {names[place]}", slot not in _needed(document))
    arrays = stored_list(document)
    rate = rate_of(document)
    if rate is not None:
        told[id(arrays[rate])] = Meaning(RATE, dispensable=True)
    within = arrays[len(state.scaling) :]
    found = {path: told[id(weight)] for path, weight in document.weights.items() if id(weight) in told}
    again = {f"{INNER}vars/{index}": told[id(weight)] for index, weight in enumerate(within) if id(weight) in told}
    return {**found, **{path: Meaning(f"{one.name}, again", one.dispensable) for path, one in again.items() if path in document.weights}}


def rate_of(document: Document) -> int | None:
    """Where the learning rate stands in the list; None where it is in the config alone, or computed."""
    name, config = optimizer_of(document)
    inner = computing(name, config)
    if inner is None or style_of(document) is not Style.KERAS_3 or not has_rate(inner[1]):
        return None
    index = 1 if inner[1] is config else OWN + 1
    return index if index < len(stored_list(document)) else None


def _needed(document: Document) -> Sequence[str]:
    """The slots with which it computes: SGD of Keras 2 keeps a momentum without having any."""
    inner = computing(*optimizer_of(document))
    groups = None if inner is None else slots(*inner)
    return [slot for group in groups or () for slot in group]


def _trained(document: Document) -> Iterator[tuple[str, Weight]]:
    """The variables that training changes, in the order in which the container lists them; places that hold no array are left out."""
    stored = {held.place: held.weight for held in holdings(document) if held.place}
    rows = [(claim.place, claim.variables) for claim in claims(document)]
    if not document.format.native:
        rows = [(row.place, row.variables) for row in listed(document)]
    for place, variables in rows:
        for variable in variables or ():
            at = f"{place}/{variable.path}"
            if variable.trainable and variable.weight and at in stored:
                yield at, stored[at]
