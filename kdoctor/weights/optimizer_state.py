"""The optimizer's state in a file: its arrays, the edits that leave it out, and whether it is that of the model's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api.slots import Style
from kdoctor.keras_api.state_shapes import Trained, state_shapes, within
from kdoctor.keras_api.variables.dense import overwritten
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.weights.claims import Claim, claims
from kdoctor.weights.optimizer import COUNTERS, INNER, LEGACY, NATIVE, fresh, in_archive, optimizer_of
from kdoctor.weights.stored import accountable, fits


def state_arrays(document: Document, folder: str = NATIVE) -> dict[str, Weight]:
    """Path -> array of the state, in the order in which they are stored."""
    if document.format.native:
        keys = sorted((int(key), path) for path in document.weights if path.startswith(folder) and (key := path[len(folder) :]).isdecimal())
        return {path: document.weights[path] for _, path in keys}
    return {path: weight for path, weight in document.weights.items() if path.startswith(f"{LEGACY}/")}


def without_state(document: Document, settings: Mapping[str, Json] | None = None, counters: int = COUNTERS) -> tuple[Edit, ...]:
    """The edits that leave the state out; none where there is none. ``settings``: of the optimizer that shall stand there from now on;
    counters: how many the release keeps that reads it, of which the steps are the first.

    What remains is what Keras saves of a compiled model that was never trained; in an ``.h5`` that is less: a group for the
    optimizer, even one of counters alone, keeps Keras 3 from training.
    """
    found = state_arrays(document)
    if document.format.native:
        inner = [path for path in document.weights if path.startswith(INNER)]
        if settings is None and len(found) <= COUNTERS and not inner:
            return ()
        if settings is not None:
            kept = fresh(settings)[:counters]
        else:
            kept = fresh(optimizer_of(document)[1]) if optimizer_of(document)[0] else ()
        left = {path: weight for path, weight in document.weights.items() if path not in found and path not in inner}
        new = {**left, **{f"{NATIVE}{index}": weight for index, weight in enumerate(kept)}}
        return (Edit(Pointer("weights"), old=document.weights, new=new),)
    groups = [path for path in document.attributes if path == f"/{LEGACY}" or path.startswith(f"/{LEGACY}/")]
    return (
        *(Edit(Pointer("weights", (path,)), old=weight, new=ABSENT) for path, weight in found.items()),
        *(Edit(Pointer("attributes", (path,)), old=document.attributes[path], new=ABSENT) for path in groups),
    )


def replaced_state(document: Document, new: Mapping[str, Weight]) -> tuple[Edit, ...]:
    """The edits that put these arrays, by path, in the place of an archive's state."""
    inner = {path: weight for path, weight in document.weights.items() if path.startswith(INNER)}
    old = {**state_arrays(document), **inner}
    return tuple(
        Edit(Pointer("weights", (path,)), old=old.get(path, ABSENT), new=new.get(path, ABSENT))
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    )


@lru_cache(maxsize=4)
def forgotten(document: Document) -> tuple[Edit, ...]:
    """The edits, one for each array, after which the optimizer has not taken a step; for other edits of weights beside them."""
    if not document.format.native:
        return without_state(document)
    return replaced_state(document, in_archive("", fresh(optimizer_of(document)[1]), Style.KERAS_3))


def expected_shapes(
    document: Document, name: str, config: Mapping[str, Json], target: Target, *, held: bool = False
) -> tuple[Shape | None, ...] | None:
    """Of every array of a trained optimizer in a ``.keras`` archive, in order; None where the optimizer or a layer does not tell.

    ``held``: whether a LossScaleOptimizer holds it."""
    trained = trained_variables(document)
    if trained is None:
        return None
    return within(name, config, trained, target) if held else state_shapes(name, config, trained, target)


def trained_variables(document: Document) -> list[Trained] | None:
    """Every variable that the model trains, in order; None where a layer does not tell, and where there is none."""
    found = claims(document) if accountable(document) else ()
    if not found or any(claim.variables is None for claim in found):
        return None
    return [
        Trained(variable.shape, _embedding(claim, variable.role), overwritten(claim.node, variable.role))
        for claim in found
        for variable in claim.variables or ()
        if variable.trainable and variable.weight
    ]


def _embedding(claim: Claim, role: str) -> bool | None:
    """Whether the path of a variable says ``embedding``; None where the name of a layer within, or of a model around, might."""
    if "embedding" in f"{claim.name}/{role}".lower():
        return True
    return None if "embedding" in str(claim.node.config).lower() else False


def is_text(weight: Weight) -> bool:
    """Whether an array holds no numbers: ``bytes64``, ``str32``, ``object``."""
    return weight.dtype.startswith(("bytes", "str", "object"))


def misfit(expected: Sequence[Shape | None], stored: Sequence[Weight]) -> int | None:
    """The index of the first array that cannot be the one expected there."""
    pairs = enumerate(zip(expected, stored, strict=True))
    return next((index for index, (shape, weight) in pairs if not fits(shape, weight.shape) or is_text(weight)), None)
