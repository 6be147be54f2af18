"""A model as Keras 3 saves it: a ``.keras`` archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kdoctor.convert.assembly import assembled
from kdoctor.convert.native_weights import archived, by_layer, groups_of, renumbered, require_weights_of_words, second_copies
from kdoctor.convert.outcome import STATE_LOST, Converted
from kdoctor.convert.put_together import as_functional
from kdoctor.convert.refusal import NotConvertible
from kdoctor.convert.training import native_training
from kdoctor.document import ABSENT, Document, Format, Json, Weight
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.slots import Style
from kdoctor.native_config import Translator
from kdoctor.replacements.hard_sigmoid import users
from kdoctor.saved_release import CONVERTED_FROM, origin_of
from kdoctor.structure.naming import fresh as free_name
from kdoctor.structure.objects import model_of, objects
from kdoctor.target import Target
from kdoctor.weights.optimizer import fresh, has_state, in_archive, optimizer_of
from kdoctor.weights.optimizer_state import expected_shapes, misfit, state_arrays
from kdoctor.weights.thawed import as_trained
from kdoctor.weights.todays_state import state_as_stored, state_for_keras_3

KERAS_3 = 3


def to_native(document: Document, target: Target) -> Document:
    """An ``.h5`` model as a ``.keras`` archive for a release of Keras 3; see `from_h5`."""
    return from_h5(document, target).document


def from_h5(document: Document, target: Target) -> Converted:
    """The same, with what is left behind. Raises `NotConvertible`; see `as_native`."""
    if document.format is Format.H5_WEIGHTS and target.given.architecture is not None:
        return Converted(assembled(document, target))
    if document.format is not Format.H5_MODEL or document.config is ABSENT:
        raise NotConvertible("only a whole model in HDF5 can be written as a .keras archive")
    if not target.keras_3:
        raise NotConvertible(f"{target} reads no archive of Keras 3")
    return as_native(document, target)


def as_native(document: Document, target: Target) -> Converted:
    """A whole model as a ``.keras`` archive of a release of Keras 3, whether it is an ``.h5`` or an archive of an earlier release.

    Raises `NotConvertible` when a layer's variables are not known, or are not stored as that layer has them.
    """
    if document.config is ABSENT or not (document.format.native or document.format is Format.H5_MODEL):
        raise NotConvertible("only a whole model can be converted, and the file holds none")
    if target.keras_3 and (document.saved_by().major or KERAS_3) < KERAS_3 and users(document):
        raise NotConvertible("hard_sigmoid is another function in Keras 3, and the file would no longer tell that Keras 2 saved it")
    if document.format.native:
        return _modernized(document, target)
    parts = {key: value for key, value in document.parts.items() if key not in ("attributes", "members", "training")}
    parts["config"] = Translator(Catalogue.load(target.release, target.family)).model(_named(document))
    if isinstance(document.training, Mapping):
        parts["training"] = native_training(document.training, target.custom)
    graph = as_functional(document, target)
    places = by_layer(graph)
    held = {place.path: place.weight for place in places}
    require_weights_of_words(graph, held)
    trained = [place.weight for place in places if place.trained]
    weights, notes = _with_state(graph, held | second_copies(graph, held), trained, state_as_stored(graph, trained, target))
    parts["weights"], parts["attributes"] = weights, groups_of(weights)
    parts["metadata"], parts["members"] = _signed(document, target), {}  # room for the members that a repair brings
    return Converted(replace(document.replacing(parts), format=Format.KERAS_ZIP), notes)


def _modernized(document: Document, target: Target) -> Converted:
    """An archive of Keras 2.13 to 2.15: its layers under the folder that Keras 3 has for them, its optimizer's state in today's order."""
    zipped = replace(document, format=Format.KERAS_ZIP) if document.format is not Format.KERAS_ZIP else document
    if (document.saved_by().major or KERAS_3) >= KERAS_3:
        return Converted(zipped)
    kept = {path: weight for path, weight in document.weights.items() if not path.startswith("optimizer/")}
    trained = [place.weight for place in archived(document) if place.trained]
    weights, notes = _with_state(document, renumbered(kept), trained, _state_of_today(document, target))
    found = {**document.parts, "weights": weights, "attributes": groups_of(weights), "metadata": _signed(document, target)}
    return Converted(zipped.replacing(found), notes)


def _state_of_today(document: Document, target: Target) -> tuple[Weight, ...] | None:
    """The optimizer's arrays where a repair has put them in the order of Keras 3 already, as the release in the file does not tell."""
    stored = tuple(state_arrays(document).values())
    expected = expected_shapes(as_trained(document, target), *optimizer_of(document), target)
    if expected is None or len(expected) != len(stored) or misfit(expected, stored) is not None:
        return None
    return stored


def _with_state(
    document: Document, weights: dict[str, Weight], trained: Sequence[Weight], todays: tuple[Weight, ...] | None = None
) -> tuple[dict[str, Weight], tuple[str, ...]]:
    """The weights with those of the optimizer, or with those of one that begins, and what to say where some do not map."""
    name, config = optimizer_of(document)
    if not name:
        return weights, ()
    rescaled = any(weight.recipe is not None for weight in weights.values())  # then its moments are those of other numbers
    found = None if rescaled else state_for_keras_3(document, trained) or todays
    lost = found is None and has_state(document)
    arrays = found or fresh(config)
    return {**weights, **in_archive(name if found else "", arrays, Style.KERAS_3)}, (STATE_LOST,) if lost else ()


def _signed(document: Document, target: Target) -> dict[str, Json]:
    """The release that shall load it, as the one that saved it; the one before is told beside it."""
    saved = origin_of(document)
    return {"keras_version": target.release, "date_saved": "", **({CONVERTED_FROM: saved} if saved else {})}


def _named(document: Document) -> Json:
    """The root object; a Sequential whose config is a bare list gets a name first."""
    model = model_of(document)
    listed = None if model is None else model.raw.get("config")
    if model is None or not isinstance(listed, list):
        return document.config
    taken = {node.name for node in objects(document) if node.name is not None}
    return {**model.raw, "config": {"name": free_name("sequential", taken), "layers": listed}}
