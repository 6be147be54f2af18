"""The weights of a model as an ``.h5`` holds them: a group for each layer, its arrays in the order of ``layer.weights``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kdoctor.convert.native_weights import claimed, place_of
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document, Json, Weight
from kdoctor.keras_api.variables.variable import Variable
from kdoctor.weights.claims import Listed, claims, listed
from kdoctor.weights.stored import accountable

ROOT = "model_weights"


@dataclass(frozen=True, slots=True)
class Shelved:
    """An array of the outermost model's layer ``group``, under the name that its weight_names have for it."""

    group: str
    name: str
    weight: Weight
    trained: bool

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.group}/{self.name}"


def shelved(document: Document) -> tuple[Shelved, ...]:
    """Every array that the layers of a ``.keras`` archive claim, in the order of an ``.h5``. Raises `NotConvertible`."""
    if not accountable(document):
        raise NotConvertible("the stored weights are not known to be those of the model's layers")
    names = {claim.place: claim.name for claim in claims(document)}
    places = place_of(row.node for row in listed(document))
    return tuple(found for row in listed(document) for found in _shelf(document, row, places[row.node.at], names))


def layout(found: tuple[Shelved, ...], layers: tuple[str, ...]) -> tuple[dict[str, Weight], dict[str, dict[str, Json]]]:
    """The arrays by path, and the groups with the lists that the loader follows."""
    weights = {one.path: one.weight for one in found}
    groups: dict[str, dict[str, Json]] = {f"/{ROOT}": {"layer_names": list(layers)}}
    for name in layers:
        groups[f"/{ROOT}/{name}"] = {"weight_names": [one.name for one in found if one.group == name]}
    return weights, groups


def _shelf(document: Document, row: Listed, place: str, names: Mapping[str, str]) -> Iterator[Shelved]:
    if row.variables is None:
        raise NotConvertible(f"the variables of the layer {row.name!r} are not known")
    used: set[str] = set()
    for variable in row.variables:
        path = f"{place}/{variable.path}"
        weight = claimed(document, row.name, variable, path)
        name = _unused(_name(path, variable, names), used)
        used.add(name)
        yield Shelved(row.name, name, weight, variable.trainable)


def _name(path: str, variable: Variable, names: Mapping[str, str]) -> str:
    """``lstm/cell/kernel:0``: the innermost layer, the parts of it that own the array, and what it is to them."""
    owner = max((place for place in names if path.startswith(f"{place}/")), key=len, default="")
    parts = path[len(owner) :].strip("/").split("/")[:-2]  # without vars/0
    return "/".join([names.get(owner, ""), *parts, f"{variable.role}:0"]).lstrip("/")


def _unused(name: str, used: set[str]) -> str:
    number, found = 1, name
    while found in used:
        found = f"{name.removesuffix(':0')}_{number}:0"
        number += 1
    return found
