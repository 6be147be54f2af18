"""The optimizer's state in a file: its arrays, the edits that leave it out, and whether it is that of the model's variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api.state_shapes import Trained, state_shapes
from kdoctor.keras_api.variables.dense import overwritten
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.pointer import Pointer
from kdoctor.target import Target
from kdoctor.weights.claims import Claim, claims
from kdoctor.weights.optimizer import COUNTERS, LEGACY, NATIVE, fresh, optimizer_of
from kdoctor.weights.stored import accountable, fits

INNER = "optimizer/inner_optimizer/"  # where an archive keeps the optimizer that a LossScaleOptimizer holds, a second time


def state_arrays(document: Document, folder: str = NATIVE) -> dict[str, Weight]:
    """Path -> array of the state, in the order in which they are stored."""
    if document.format.native:
        keys = sorted((int(key), path) for path in document.weights if path.startswith(folder) and (key := path[len(folder) :]).isdecimal())
        return {path: document.weights[path] for _, path in keys}
    return {path: weight for path, weight in document.weights.items() if path.startswith(f"{LEGACY}/")}


def without_state(document: Document, settings: Mapping[str, Json] | None = None) -> tuple[Edit, ...]:
    """The edits that leave the state out; none where there is none. ``settings``: of the optimizer that shall stand there from now on.

    What remains is what Keras saves of a compiled model that was never trained; in an ``.h5`` that is less: a group for the
    optimizer, even one of counters alone, keeps Keras 3 from training.
    """
    found = state_arrays(document)
    if document.format.native:
        inner = [path for path in document.weights if path.startswith(INNER)]
        if len(found) <= (COUNTERS if settings is None else 0) and not inner:
            return ()
        if settings is not None:
            kept = fresh(settings)
        else:
            kept = fresh(_rated(*optimizer_of(document))) if optimizer_of(document)[0] else ()
        left = {path: weight for path, weight in document.weights.items() if path not in found and path not in inner}
        new = {**left, **{f"{NATIVE}{index}": weight for index, weight in enumerate(kept)}}
        return (Edit(Pointer("weights"), old=document.weights, new=new),)
    groups = [path for path in document.attributes if path == f"/{LEGACY}" or path.startswith(f"/{LEGACY}/")]
    return (
        *(Edit(Pointer("weights", (path,)), old=weight, new=ABSENT) for path, weight in found.items()),
        *(Edit(Pointer("attributes", (path,)), old=document.attributes[path], new=ABSENT) for path in groups),
    )


def _rated(name: str, config: Mapping[str, Json]) -> Mapping[str, Json]:
    """A LossScaleOptimizer has a learning rate of its own, which is 0 and stands in no config."""
    return {"learning_rate": 0.0} if name == "LossScaleOptimizer" else config


def replaced_state(document: Document, arrays: Sequence[Weight]) -> tuple[Edit, ...]:
    """The edits that put these arrays, in this order, in the place of an archive's state."""
    old, new = state_arrays(document), {f"{NATIVE}{index}": weight for index, weight in enumerate(arrays)}
    return tuple(
        Edit(Pointer("weights", (path,)), old=old.get(path, ABSENT), new=new.get(path, ABSENT))
        for path in {**old, **new}
        if old.get(path) != new.get(path)
    )


def expected_shapes(document: Document, name: str, config: Mapping[str, Json], target: Target) -> tuple[Shape | None, ...] | None:
    """Of every array of a trained optimizer in a ``.keras`` archive, in order; None where the optimizer or a layer does not tell."""
    found = claims(document) if accountable(document) else ()
    if not found or any(claim.variables is None for claim in found):
        return None
    trained = [
        Trained(variable.shape, _embedding(claim, variable.role), overwritten(claim.node, variable.role))
        for claim in found
        for variable in claim.variables or ()
        if variable.trainable and variable.weight
    ]
    return state_shapes(name, config, trained, target)


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
