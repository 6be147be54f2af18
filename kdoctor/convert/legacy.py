"""A model as an ``.h5``, for the release of Keras 3 that shall load it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kdoctor.convert.legacy_weights import Shelved, layout, shelved
from kdoctor.convert.outcome import STATE_LOST, STATE_TRAPS, Converted
from kdoctor.convert.refusal import NotConvertible
from kdoctor.convert.training import legacy_training
from kdoctor.document import Document, Format, Json, Weight
from kdoctor.keras_api import habits
from kdoctor.keras_api.slots import Style
from kdoctor.structure.objects import model_of
from kdoctor.target import Target
from kdoctor.weights.claims import listed
from kdoctor.weights.optimizer import LEGACY, arranged, has_state, optimizer_of, stored_state

STEPS = {Style.KERAS_3: "iteration", Style.KERAS_2: "iteration:0", Style.TENSORFLOW: "iter:0"}


@dataclass(frozen=True, slots=True)
class Said:
    """The JSON parts of an ``.h5``: the model's config, its training_config (None for none), and what was lost on the way."""

    config: Json
    training: Json = None
    notes: tuple[str, ...] = ()


def as_h5(document: Document, target: Target) -> Converted:
    """A ``.keras`` archive of Keras 3 as an ``.h5`` that a release of Keras 3 reads.

    The layers keep their native words: that reader takes a layer which states its module as an archive's does. Raises `NotConvertible`.
    """
    model = model_of(document)
    if model is None:
        raise NotConvertible("only a whole model can be written as an .h5")
    training = legacy_training(document.training, optimizer_of(document)[0]) if isinstance(document.training, Mapping) else None
    return shelve(document, target, Said({"class_name": model.class_name, "config": dict(model.config)}, training), Style.KERAS_3)


def shelve(document: Document, target: Target, said: Said, style: Style) -> Converted:
    """The document with these words, and the weights of a ``.keras`` archive where an ``.h5`` has them."""
    if any(member.role == "asset" for member in document.members.values()):
        raise NotConvertible("an .h5 file cannot hold the assets of the model (vocabularies and the like)")
    found = shelved(document)
    weights, groups = layout(found, tuple(row.name for row in listed(document)))
    notes = said.notes
    if said.training is not None and has_state(document):
        traps = habits.BUILDS_FOR_NO_VARIABLES.of(target)
        state = ({}, {}) if traps else _state(document, found, style)
        weights, groups = {**weights, **state[0]}, {**groups, **state[1]}
        notes = notes if state[0] else (*notes, STATE_TRAPS if traps else STATE_LOST)
    signature = {"keras_version": target.release, "backend": "tensorflow"}
    attributes = {"/": signature, **groups}
    attributes["/model_weights"] = {**groups["/model_weights"], **signature}
    parts = {key: value for key, value in document.parts.items() if key not in ("members", "metadata", "training")}
    parts |= {"config": said.config, "weights": weights, "attributes": attributes, "members": {}}
    parts |= {} if said.training is None else {"training": said.training}
    return Converted(replace(document.replacing(parts), format=Format.H5_MODEL), notes)


def _state(document: Document, found: Sequence[Shelved], style: Style) -> tuple[dict[str, Weight], dict[str, dict[str, Json]]]:
    """The optimizer's arrays and their list; both empty where they do not map."""
    name, config = optimizer_of(document)
    state = stored_state(document, [one.weight for one in found if one.trained])
    arrays = None if state is None else arranged(state, name, config, style)
    if arrays is None:
        return {}, {}
    names = [STEPS[style] if style is Style.KERAS_2 else f"{name}/{STEPS[style]}"]
    names += [f"{name}/{index}:0" for index in range(1, len(arrays))]
    weights = {f"{LEGACY}/{each}": weight for each, weight in zip(names, arrays, strict=True)}
    return weights, {f"/{LEGACY}": {"weight_names": names}}
