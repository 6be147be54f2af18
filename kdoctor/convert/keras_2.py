"""A model as Keras 2 saves it: an ``.h5``, or the ``.keras`` archive of Keras 2.15."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kdoctor.convert.keras_2_masks import without_masks
from kdoctor.convert.keras_2_order import said_as
from kdoctor.convert.keras_2_training import keras_2_training
from kdoctor.convert.keras_2_words import Words
from kdoctor.convert.legacy import Said, shelve
from kdoctor.convert.native import as_native
from kdoctor.convert.native_weights import by_layer, groups_of
from kdoctor.convert.outcome import STATE_LOST, Converted
from kdoctor.convert.plain_layers import with_plain_layers
from kdoctor.convert.refusal import NotConvertible
from kdoctor.convert.training import native_training
from kdoctor.document import Document, Format, Json, Weight
from kdoctor.edit import apply
from kdoctor.keras_api.catalogue import Catalogue, releases
from kdoctor.keras_api.slots import Style
from kdoctor.replacements.hard_sigmoid import FACTOR, rescaled, users
from kdoctor.target import Target
from kdoctor.weights.optimizer import arranged, has_state, in_archive, optimizer_of, stored_state

ARCHIVES = (2, 15)  # archives of 2.12 to 2.14 number their layers otherwise
OLDER = 2
NEW_OPTIMIZERS = (2, 11)
NUMBERS = frozenset({"float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool"})
# Parts of layers that Keras 2.15 keeps under another name in an archive.
PARTS = {f"{part}_dense": f"_{part}_dense" for part in ("query", "key", "value", "output")}


def as_keras_2_h5(document: Document, target: Target) -> Converted:
    """A model as an ``.h5`` that a release of Keras 2 reads. Raises `NotConvertible` for what that release has no words for."""
    return _as_h5(document, target, archive=False)


def _as_h5(document: Document, target: Target, *, archive: bool) -> Converted:
    """What Keras 2 saved keeps its words; only its place changes."""
    older = document.saved_by().major == OLDER
    if document.format is Format.H5_MODEL and older:
        return Converted(document)
    native = document if document.format.native else as_native(document, Target(releases()[-1])).document
    native = native if older else with_plain_layers(native)
    native, seen = (native, ()) if older else without_masks(native, target)
    words = Words(Catalogue.load(target.release, target.family), native.saved_by().keras, older, archive)
    config = words.model(native.config)
    placed = native if older else said_as(native, config)
    training, notes = keras_2_training(words, native.training, native=True)
    made = shelve(
        placed, target, Said(config, training, (*seen, *notes)), Style.KERAS_2 if target.minor >= NEW_OPTIMIZERS else Style.TENSORFLOW
    )
    strange = {weight.dtype for weight in made.document.weights.values()} - NUMBERS
    if strange:
        raise NotConvertible(f"Keras 2 stores no {min(strange)} numbers")
    by_layer(made.document)  # refuses weights that are not those of the layers, as these words have them
    return made if older else made._replace(document=_with_old_sigmoid(made.document, target))


def _with_old_sigmoid(document: Document, target: Target) -> Document:
    """Keras 3's hard_sigmoid of x is the old one of x / 1.2: the weights of the gates that use it are scaled."""
    if not users(document):
        return document
    edits = rescaled(document, 1 / FACTOR, target.release)
    if edits is None:
        raise NotConvertible("hard_sigmoid is another function in Keras 2, and a layer that uses it has no weights to make up for it")
    return apply(document, edits)


def as_keras_2_archive(document: Document, target: Target) -> Converted:
    """A model as the ``.keras`` archive that Keras 2.15 saves. Raises `NotConvertible`."""
    if target.minor < ARCHIVES:
        raise NotConvertible(f"{target} reads no .keras archive that kdoctor can write; --to h5 is what it reads")
    if document.format.native and document.saved_by().major == OLDER:
        return Converted(replace(document, format=Format.KERAS_ZIP) if document.format is not Format.KERAS_ZIP else document)
    made = _as_h5(document, target, archive=True)
    if made.document is document:
        made = _said_again(document, target)
    legacy, catalogue = made.document, Catalogue.load(target.release, target.family)
    placed = by_layer(legacy)
    weights = {_own_part(one.path): one.weight for one in placed}
    state, notes = _state(legacy, [one.weight for one in placed if one.trained])
    weights |= state
    parts = {key: value for key, value in legacy.parts.items() if key not in ("attributes", "training")}
    parts |= {"config": _homed(legacy.config, catalogue), "weights": weights, "attributes": groups_of(weights)}
    parts["metadata"] = {"keras_version": target.release, "date_saved": ""}
    if document.format is Format.KERAS_ZIP:
        parts["members"] = document.members  # an archive that is written anew keeps its own list
    if isinstance(legacy.training, Mapping):
        parts["training"] = native_training(legacy.training)
    return Converted(replace(legacy.replacing(parts), format=Format.KERAS_ZIP), (*made.notes, *notes))


def _said_again(document: Document, target: Target) -> Converted:
    """An ``.h5`` of Keras 2 in the words of the target, which refuses what an archive's reader would not take."""
    words = Words(Catalogue.load(target.release), document.saved_by().keras, True, True)
    training, notes = keras_2_training(words, document.training, native=False)
    parts = {**document.parts, "config": words.model(document.config)}
    parts |= {"training": training} if training is not None else {}
    if training is None:
        parts.pop("training", None)
    return Converted(document.replacing(parts), notes)


def _state(legacy: Document, trained: Sequence[Weight]) -> tuple[dict[str, Weight], tuple[str, ...]]:
    """The optimizer's arrays in an archive."""
    if not has_state(legacy):
        return {}, ()
    state = stored_state(legacy, trained)
    name, config = optimizer_of(legacy)
    found = None if state is None else arranged(state, name, config, Style.KERAS_2)
    return ({}, (STATE_LOST,)) if found is None else (in_archive(name, found, Style.KERAS_2), ())


def _own_part(path: str) -> str:
    return "/".join(PARTS.get(step, step) for step in path.split("/"))


def _homed(value: Json, catalogue: Catalogue) -> Json:
    """A model with the modules of its layers, which the reader of archives goes by."""
    if not isinstance(value, Mapping) or "class_name" not in value:
        return value
    name, config = value["class_name"], value["config"]
    if "module" in value:
        return value
    known = catalogue.legacy("layer", name)
    if known is None:
        raise NotConvertible(f"Keras {catalogue.release} has no layer {name}")
    if isinstance(config.get("layers"), list):
        config = {**config, "layers": [_homed(layer, catalogue) for layer in config["layers"]]}
    public = known.exports[0].rpartition(".")[0] if known.exports else None
    return {**value, "module": public or known.module, "config": config, "registered_name": None if public else known.name}
