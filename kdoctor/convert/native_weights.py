"""The weights of a model under their places in a ``.keras`` archive of Keras 3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document, Json, Weight
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.keras_api.variables.dense import LOW_RANK
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.pointer import Pointer
from kdoctor.structure.lookups import LOOKUPS, weighs_words
from kdoctor.structure.objects import Node
from kdoctor.structure.snake_case import snake_case
from kdoctor.weights.claims import Listed, claims, listed
from kdoctor.weights.places import REAL_NAMES
from kdoctor.weights.stored import accountable, fits, written
from kdoctor.weights.stored_h5 import ROOT, Group, ledger


class Placed(NamedTuple):
    """An array, where a ``.keras`` archive keeps it, and whether training changes it."""

    path: str
    weight: Weight
    trained: bool


def native_weights(document: Document) -> tuple[dict[str, Weight], dict[str, dict[str, Json]]]:
    """The arrays of an ``.h5`` under their places in a ``.keras`` archive, and the groups that its loader opens.

    Raises `NotConvertible` unless every array of the model is claimed by exactly one variable of its shape.
    """
    weights = {place.path: place.weight for place in by_layer(document)}
    weights |= second_copies(document, weights)
    return weights, groups_of(weights)


def second_copies(document: Document, weights: Mapping[str, Weight]) -> dict[str, Weight]:
    """The kernel that a SpectralNormalization normalizes stands in an archive twice: as its own, and as that of the layer in it."""
    found: dict[str, Weight] = {}
    for claim in claims(document):
        if claim.node.class_name == "SpectralNormalization":
            own = {one.role: weights.get(f"{claim.place}/{one.path}") for one in claim.variables or () if one.weight}
            copies = {f"{claim.place}/{one.path}": own.get(one.role) for one in claim.variables or () if not one.weight}
            found |= {path: weight for path, weight in copies.items() if weight is not None and path not in weights}
    return found


def require_weights_of_words(document: Document, weights: Mapping[str, Weight]) -> None:
    """Raises `NotConvertible` for a lookup that weighs its words by what the config of an ``.h5`` says: an archive has them as an array, too.

    Run in 3.15.1: without it "A total of 2 objects could not be loaded. … 'idf_weights'".
    """
    for claim in claims(document):
        weighs = claim.node.class_name in LOOKUPS and weighs_words(claim.node)
        if weighs and any(f"{claim.place}/{one.path}" not in weights for one in claim.variables or ()):
            raise NotConvertible(
                f"the config alone has the weights of the words of {claim.name!r} (tf_idf), which an archive keeps as an array, too: load the "
                "file with Keras and save it again"
            )


def by_layer(document: Document) -> tuple[Placed, ...]:
    """Every array of an ``.h5`` and its place in an archive, in the order of the layers' weights. Raises `NotConvertible`."""
    pairs, places = _paired(document), place_of(row.node for row in listed(document))
    return tuple(found for row, group in pairs for found in _placed(row, group, places[row.node.at]))


def _placed(row: Listed, group: Group, place: str) -> Iterator[Placed]:
    if row.variables is None or len(row.variables) != len(group.weights):
        raise NotConvertible(f"the layer {row.name!r} stores {len(group.weights)} arrays, and its variables are not known to match them")
    for variable, weight in zip(row.variables, group.weights, strict=True):
        if weight is None:
            raise NotConvertible(f"an array of the layer {row.name!r} is not in the file")
        if variable.role.startswith(LOW_RANK):
            raise NotConvertible(
                f"the layer {row.name!r} keeps the matrices of LoRA, which an archive holds multiplied and added to its kernel: load the "
                "file with Keras and save it again"
            )
        require_shape(row.name, variable, weight)
        yield Placed(f"{place}/{variable.path}", weight, variable.trainable)


def archived(document: Document) -> tuple[Placed, ...]:
    """Every array that a layer claims in a ``.keras`` archive, in the order of the layers' variables. Raises `NotConvertible`."""
    if not accountable(document):
        raise NotConvertible("the stored weights are not known to be those of the model's layers")
    found: list[Placed] = []
    for claim in claims(document):
        if claim.variables is None:
            raise NotConvertible(f"the variables of the layer {claim.name!r} are not known")
        for variable in claim.variables:
            path = f"{claim.place}/{variable.path}"
            found.append(Placed(path, claimed(document, claim.name, variable, path), variable.trainable and variable.weight))
    return tuple(found)


def claimed(document: Document, layer: str, variable: Variable, path: str) -> Weight:
    """The array of a layer's variable in an archive. Raises `NotConvertible` where it is missing, or cannot be the variable."""
    weight = document.weights.get(path, document.weights.get(path.replace(LAYERS, CHECKPOINT)))
    if weight is None:
        raise NotConvertible(f"an array of the layer {layer!r} is not in the file")
    require_shape(layer, variable, weight)
    return weight


def require_shape(layer: str, variable: Variable, weight: Weight) -> None:
    """Raises `NotConvertible` for an array that cannot be the variable."""
    if not fits(variable.shape, weight.shape):
        raise NotConvertible(
            f"the {variable.role} of the layer {layer!r} is stored as {written(weight.shape)}, not {written(variable.shape)}"
        )


def renumbered(weights: Mapping[str, Weight]) -> dict[str, Weight]:
    """The same arrays under ``layers``, where Keras 2.13 and 2.14 had another word for it."""
    return {"/".join(LAYERS if step == CHECKPOINT else step for step in path.split("/")): weight for path, weight in weights.items()}


def groups_of(weights: Mapping[str, Weight]) -> dict[str, dict[str, Json]]:
    """The groups on the way to the arrays, and the model's own: releases before 3.6 do not load a file without it, full or empty.

    Source: H5Entry in keras/src/saving/saving_lib.py of 3.0.5 to 3.5.0; every release saves it.
    """
    groups: dict[str, dict[str, Json]] = {"/": {}, "/vars": {}}
    for path in weights:
        keys = path.split("/")[:-1]
        groups.update({"/" + "/".join(keys[:count]): {} for count in range(1, len(keys) + 1)})
    return groups


def _paired(document: Document) -> tuple[tuple[Listed, Group], ...]:
    if not document.weights and ROOT in document.attributes:  # of a model that was never built: nothing has a place
        return ()
    found = ledger(document)
    if found is None or not found.counts:
        raise NotConvertible("the stored weights are not known to be those of the model's layers")
    pairs = found.pairs
    if len(pairs) != len(found.filled):
        raise NotConvertible("the variables of a class that is not Keras's own are not known")
    return pairs


def place_of(layers: Iterable[Node]) -> dict[Pointer, str]:
    """Where a ``.keras`` archive keeps each layer of a model: the class in snake case, counted."""
    used: dict[str, int] = {}
    found: dict[Pointer, str] = {}
    for node in layers:
        bare = node.class_name.rpartition(">")[2]  # a registered name of an .h5 has its package before it
        name = "Functional" if bare == "Model" else bare
        stem = snake_case(REAL_NAMES.get(name, name))
        found[node.at] = f"layers/{stem}_{used[stem]}" if stem in used else f"layers/{stem}"
        used[stem] = used.get(stem, 0) + 1
    return found
