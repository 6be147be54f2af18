"""The optimizer's state in a file: its arrays, the edits that leave it out, and whether it is that of the model's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api.slots import Style, has_rate, slots
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.pointer import Pointer
from kdoctor.weights.claims import claims
from kdoctor.weights.optimizer import COUNTERS, LEGACY, NATIVE, fresh, optimizer_of
from kdoctor.weights.stored import accountable, fits


def state_arrays(document: Document) -> dict[str, Weight]:
    """Path -> array of the state, in the order in which they are stored."""
    if document.format.native:
        keys = sorted((int(key), path) for path in document.weights if path.startswith(NATIVE) and (key := path[len(NATIVE) :]).isdecimal())
        return {path: document.weights[path] for _, path in keys}
    return {path: weight for path, weight in document.weights.items() if path.startswith(f"{LEGACY}/")}


def without_state(document: Document, settings: Mapping[str, Json] | None = None) -> tuple[Edit, ...]:
    """The edits that leave the state out; none where there is none. ``settings``: of the optimizer that shall stand there from now on.

    What remains is what Keras saves of a compiled model that was never trained; in an ``.h5`` that is less: a group for the
    optimizer, even one of counters alone, keeps Keras 3 from training.
    """
    found = state_arrays(document)
    if document.format.native:
        if len(found) <= (COUNTERS if settings is None else 0):
            return ()
        if settings is not None:
            kept = fresh(settings)
        else:
            kept = fresh(optimizer_of(document)[1]) if optimizer_of(document)[0] else ()
        left = {path: weight for path, weight in document.weights.items() if path not in found}
        new = {**left, **{f"{NATIVE}{index}": weight for index, weight in enumerate(kept)}}
        return (Edit(Pointer("weights"), old=document.weights, new=new),)
    groups = [path for path in document.attributes if path == f"/{LEGACY}" or path.startswith(f"/{LEGACY}/")]
    return (
        *(Edit(Pointer("weights", (path,)), old=weight, new=ABSENT) for path, weight in found.items()),
        *(Edit(Pointer("attributes", (path,)), old=document.attributes[path], new=ABSENT) for path in groups),
    )


def replaced_state(document: Document, arrays: Sequence[Weight]) -> tuple[Edit, ...]:
    """The edits that put these arrays, in this order, in the place of an archive's state."""
    old, new = state_arrays(document), {f"{NATIVE}{index}": weight for index, weight in enumerate(arrays)}
    return tuple(
        Edit(Pointer("weights", (path,)), old=old.get(path, ABSENT), new=new.get(path, ABSENT))
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    )


def expected_shapes(document: Document, name: str, config: Mapping[str, Json], *, keras_3: bool) -> tuple[Shape | None, ...] | None:
    """Of every array of a trained optimizer in a ``.keras`` archive, in order; None where the optimizer or a layer does not tell."""
    groups = slots(name, config, Style.KERAS_3 if keras_3 else Style.KERAS_2)
    found = claims(document) if accountable(document) else ()
    if groups is None or not found or any(claim.variables is None for claim in found):
        return None
    trained = [variable.shape for claim in found for variable in claim.variables or () if variable.trainable and variable.weight]
    counters: list[Shape | None] = [()] * (1 + has_rate(config))
    return tuple(counters + [shape for group in groups for shape in trained for _ in group])


def misfit(expected: Sequence[Shape | None], stored: Sequence[Weight]) -> int | None:
    """The index of the first array that cannot be the one expected there."""
    pairs = enumerate(zip(expected, stored, strict=True))
    return next((index for index, (shape, weight) in pairs if not fits(shape, weight.shape)), None)
