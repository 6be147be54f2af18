"""A document in another container: the config in its words, the weights where its loader looks for them. Nothing is loaded.

What a conversion changes is only where things stand and how they are named; numbers are copied as bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kdoctor.claims import Listed
from kdoctor.document import ABSENT, Document, Format, Json, Weight
from kdoctor.errors import KdoctorError
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.manifest import snake_case
from kdoctor.naming import fresh
from kdoctor.native_config import Translator
from kdoctor.objects import model_of, objects
from kdoctor.pointer import Pointer
from kdoctor.stored_h5 import Group, ledger
from kdoctor.target import Target


class NotConvertible(KdoctorError):
    """A document that cannot be said in the other container without guessing; the text says why."""


def to_native(document: Document, target: Target) -> Document:
    """An ``.h5`` model as a ``.keras`` archive for a release of Keras 3.

    The optimizer's state is left out: its layout differs, and a fresh one trains on. Raises `NotConvertible` when a layer's variables
    are not known, or are not stored as that layer has them.
    """
    if document.format is not Format.H5_MODEL or document.config is ABSENT:
        raise NotConvertible("only a whole model in HDF5 can be written as a .keras archive")
    translator = Translator(Catalogue.load(target.release, target.family))
    parts = {key: value for key, value in document.parts.items() if key not in ("attributes", "members", "training")}
    parts["config"] = translator.model(_named(document))
    parts["members"] = {}  # room for those that a repair brings
    if isinstance(document.training, Mapping):
        parts["training"] = native_training(document.training)
    parts["weights"], groups = native_weights(document)
    parts["attributes"] = groups
    saved = document.saved_by().keras
    parts["metadata"] = {"keras_version": target.release, "date_saved": "", **({"converted_from": saved} if saved else {})}
    return replace(document.replacing(parts), format=Format.KERAS_ZIP)


def _named(document: Document) -> Json:
    """The root object; a Sequential whose config is a bare list gets a name first."""
    model = model_of(document)
    listed = None if model is None else model.raw.get("config")
    if model is None or not isinstance(listed, list):
        return document.config
    taken = {node.name for node in objects(document) if node.name is not None}
    return {**model.raw, "config": {"name": fresh("sequential", taken), "layers": listed}}


def native_weights(document: Document) -> tuple[dict[str, Weight], dict[str, dict[str, Json]]]:
    """The arrays under their places in a ``.keras`` archive, and the groups that its loader opens.

    Raises `NotConvertible` unless every array of the model is claimed by exactly one variable of its shape.
    """
    pairs = _paired(document)
    places = dict(_places(document))
    weights: dict[str, Weight] = {}
    for row, group in pairs:
        if row.variables is None or len(row.variables) != len(group.weights):
            raise NotConvertible(
                f"the layer {row.name!r} stores {len(group.weights)} arrays, and its variables are not known to match them"
            )
        for variable, weight in zip(row.variables, group.weights, strict=True):
            if weight is None:
                raise NotConvertible(f"an array of the layer {row.name!r} is not in the file")
            weights[f"{places[row.node.at]}/{variable.path}"] = weight
    groups: dict[str, dict[str, Json]] = {"/": {}}
    for path in weights:
        keys = path.split("/")[:-1]
        groups.update({"/" + "/".join(keys[:count]): {} for count in range(1, len(keys) + 1)})
    return weights, groups


def _paired(document: Document) -> tuple[tuple[Listed, Group], ...]:
    found = ledger(document)
    if found is None or not found.counts:
        raise NotConvertible("the stored weights are not known to be those of the model's layers")
    pairs = found.pairs()
    if len(pairs) != len(found.filled):
        raise NotConvertible("the variables of a class that is not Keras's own are not known")
    return pairs


def _places(document: Document) -> Iterator[tuple[Pointer, str]]:
    """Where a ``.keras`` archive keeps each layer of the outermost model: the class in snake case, counted."""
    used: dict[str, int] = {}
    found = ledger(document)
    for row in found.layers if found is not None else ():
        class_name = row.node.class_name.rpartition(">")[2]  # a registered name of an .h5 has its package before it
        stem = snake_case("Functional" if class_name == "Model" else class_name)
        yield row.node.at, f"layers/{stem}_{used[stem]}" if stem in used else f"layers/{stem}"
        used[stem] = used.get(stem, 0) + 1


def native_training(training: Mapping[str, Json]) -> dict[str, Json]:
    """A training_config as a compile_config."""
    optimizer = training.get("optimizer_config")
    found: dict[str, Json] = {}
    if isinstance(optimizer, Mapping):
        found["optimizer"] = {
            "module": "keras.optimizers",
            "class_name": str(optimizer.get("class_name", "")).rpartition(">")[2],
            "config": optimizer.get("config", {}),
            "registered_name": None,
        }
    for key in ("loss", "loss_weights", "metrics", "weighted_metrics"):
        found[key] = _homed(training.get(key), "losses" if key == "loss" else "metrics")
    return found


def _homed(value: Json, module: str) -> Json:
    if isinstance(value, Mapping) and "class_name" in value and "module" not in value:
        return {"module": f"keras.{module}", **value, "registered_name": None}
    if isinstance(value, Mapping):
        return {key: _homed(item, module) for key, item in value.items()}
    return [_homed(item, module) for item in value] if isinstance(value, list) else value
