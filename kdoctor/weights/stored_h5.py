"""The groups of an ``.h5`` beside the claims of its layers, paired as Keras 3 pairs them: by order, those without weights left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple, TypeGuard

from kdoctor.document import Document, Json, Weight
from kdoctor.edit import Edit
from kdoctor.keras_api.variables.variable import Variable, Variables
from kdoctor.pointer import Pointer
from kdoctor.structure.layers import is_model, layer_list
from kdoctor.structure.objects import Node, as_node, model_of
from kdoctor.structure.sequential import DEEPEST, as_shape, statements
from kdoctor.weights.claims import Listed, listed
from kdoctor.weights.stored import accountable, fits, is_told

ROOT = "/model_weights"
NAMES = Pointer("attributes", (ROOT, "layer_names"))
# The word in the names of an `.h5` for a part of a layer, where two parts own arrays of the same roles.
PARTS = {
    "forward_layer": "forward", "backward_layer": "backward",
    "query_dense": "query", "key_dense": "key", "value_dense": "value", "output_dense": "attention_output",
}  # fmt: skip
TOP = "top_level_model_weights"  # the model's own variables, beside those of its layers


class Group(NamedTuple):
    """The group of one layer. ``there``: it exists; ``names``: its weight_names; ``arrays``: all arrays in it, by their path below it."""

    name: str
    there: bool
    names: tuple[str, ...]
    arrays: Mapping[str, Weight]

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.name}"

    @property
    def at(self) -> Pointer:
        return Pointer("attributes", (self.path,))

    @property
    def weights(self) -> tuple[Weight | None, ...]:
        """The arrays that the loader takes, in its order; None for a name without one."""
        return tuple(self.arrays.get(name) for name in self.names)


@dataclass(frozen=True, eq=False)
class Ledger:
    """All that the loader sees: the layers of the model, and the groups in the order of layer_names; ``others``: groups not listed."""

    layers: tuple[Listed, ...]
    groups: tuple[Group, ...]
    others: tuple[Group, ...]

    @cached_property
    def filled(self) -> tuple[Group, ...]:
        return tuple(group for group in self.groups if group.names)

    @cached_property
    def named(self) -> Mapping[str, Group]:
        """The groups by their names, of several the first."""
        return {group.name: group for group in reversed(self.groups)}

    @cached_property
    def places(self) -> Mapping[Pointer, Listed]:
        """The layers by their places in the config."""
        return {layer.node.at: layer for layer in self.layers}

    @cached_property
    def least(self) -> int:
        """How many layers have weights for certain."""
        return sum(layer.weighted is True for layer in self.layers)

    @cached_property
    def most(self) -> int:
        return sum(layer.weighted is not False for layer in self.layers)

    @property
    def counts(self) -> bool:
        """Whether the loader may find as many groups as layers."""
        return self.least <= len(self.filled) <= self.most

    @cached_property
    def pairs(self) -> tuple[tuple[Listed, Group], ...]:
        """Layers and groups as the loader pairs them; none where that depends on classes that are not known."""
        stored = {group.name for group in self.filled}
        weighted = [layer for layer in self.layers if layer.weighted or (layer.weighted is None and layer.name in stored)]
        return tuple(zip(weighted, self.filled, strict=True)) if len(weighted) == len(self.filled) else ()

    @cached_property
    def disagreeing(self) -> tuple[tuple[Listed, Group], ...]:
        """Layers and groups that agree in number and not in shapes."""
        counted = (
            (layer, group) for layer, group in self.pairs if layer.variables is not None and len(layer.variables) == len(group.names)
        )
        return tuple((layer, group) for layer, group in counted if misfits(layer, group))

    def lacking(self) -> tuple[Listed, ...]:
        """Layers that have weights for certain, and no group of their name with weights in it; none where no name agrees."""
        stored = {group.name for group in self.filled}
        known = [layer for layer in self.layers if layer.weighted]
        found = tuple(layer for layer in known if layer.name not in stored)
        return found if len(found) < len(known) or not stored else ()


def misfits(layer: Listed, group: Group) -> list[tuple[Variable, Weight]]:
    """Weights and the arrays of other shapes that the loader hands them."""
    pairs = zip(layer.variables or (), group.weights, strict=False)
    return [(variable, weight) for variable, weight in pairs if weight is not None and not fits(variable.shape, weight.shape)]


@lru_cache(maxsize=4)
def ledger(document: Document) -> Ledger | None:
    """The two sides of a whole-model ``.h5``; None where one of them cannot be told."""
    values = document.attributes.get(ROOT, {})
    names = values.get("layer_names")
    model = model_of(document)
    if document.format.native or model is None or not accountable(document) or not _is_names(names) or not _shaped(model):
        return None
    arrays = _arrays(document)
    others = sorted({*arrays} - {name.split("/")[0] for name in names} - {TOP})
    groups = [tuple(_group(document, name, arrays) for name in some) for some in (names, others)]
    return Ledger(listed(document), groups[0], groups[1])


def _arrays(document: Document) -> Mapping[str, Mapping[str, Weight]]:
    """The arrays below model_weights, by the first step of their path."""
    found: dict[str, dict[str, Weight]] = {}
    for path, weight in document.weights.items():
        root, _, rest = path.partition("/")
        if f"/{root}" == ROOT:
            found.setdefault(rest.split("/")[0], {})[rest] = weight
    return found


def _group(document: Document, name: str, arrays: Mapping[str, Mapping[str, Weight]]) -> Group:
    path = f"{ROOT}/{name}"
    inside = {
        stored.removeprefix(name + "/"): weight
        for stored, weight in arrays.get(name.split("/")[0], {}).items()
        if stored.startswith(name + "/")
    }
    found = document.attributes.get(path, {}).get("weight_names", [])
    return Group(name, path in document.attributes, tuple(found) if _is_names(found) else (), inside)


def _is_names(value: Json) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _shaped(model: Node) -> bool:
    """Whether the loader builds the model: a Sequential needs to be told its input, by itself or by the model that it begins with, or has no weights yet (K202)."""
    for _ in range(DEEPEST):
        if "output_layers" in model.config or as_shape(model.config.get("build_input_shape")) is not None:
            return True
        items, at = layer_list(model)
        first = as_node(items[0], at / 0) if items else None
        if first is None or not is_model(first):
            return first is not None and next(statements(first), None) is not None
        model = first
    return False


def ordered(expected: Variables, arrays: Mapping[str, Weight]) -> tuple[str, ...] | None:
    """The names of arrays in the order of the variables, where shapes, roles and parts leave one way alone; None where they do not."""
    order = tuple(found for variable in expected if (found := only(variable, arrays)) is not None)
    return order if len(set(order)) == len(expected) == len(arrays) else None


def only(variable: Variable, arrays: Mapping[str, Weight]) -> str | None:
    """The name of the one array that may be the variable, by its shape, its part and its role; None where there is none, or another one."""
    if variable.shape is None:
        return None
    found = [name for name, weight in arrays.items() if fits(variable.shape, weight.shape)]
    word = PARTS.get(variable.path.split("/")[0])
    if word is not None:
        found = [name for name in found if any(step.startswith(word) for step in name.split("/")[:-1])]
    named = [name for name in found if name.rpartition("/")[2].split(":")[0] == variable.role]
    found = named or found
    return found[0] if len(found) == 1 else None


def fitting(expected: Variables, weights: Sequence[Weight | None]) -> bool:
    """Whether arrays are what the variables need, in their order, all shapes told."""
    return len(weights) == len(expected) and all(
        weight is not None and is_told(variable.shape) and fits(variable.shape, weight.shape)
        for variable, weight in zip(expected, weights, strict=True)
    )


def renamed_groups(found: Ledger) -> Mapping[str, Group]:
    """Listed groups that are not there -> the unlisted group that holds exactly what the layer needs: each fits the other alone."""
    lost = [group.name for group in found.groups if not group.there]
    expected = {layer.name: layer.variables for layer in found.layers if layer.name in lost and layer.variables}
    fit = {name: [other for other in found.others if fitting(needed, other.weights)] for name, needed in expected.items()}
    rivals = Counter(other.name for others in fit.values() for other in others)
    return {name: others[0] for name, others in fit.items() if len(others) == 1 and rivals[others[0].name] == 1} or _mislisted(found)


def _mislisted(found: Ledger) -> Mapping[str, Group]:
    """Listed names that neither a group nor a layer bears -> the unlisted groups that bear the names of layers, where the list then has the model's order."""
    layers = {layer.name: layer for layer in found.layers}
    wrong = [group.name for group in found.groups if not group.there and group.name not in layers]
    others = {other.name: other for other in found.others}
    right = [others[name] for name, layer in layers.items() if name in others and fitting(layer.variables or (), others[name].weights)]
    right = [other for other in right if other.names]
    if not wrong or len(wrong) != len(right) or len({*wrong}) != len(wrong):
        return {}
    renamed = dict(zip(wrong, right, strict=True))
    listed = [renamed[group.name].name if group.name in renamed else group.name for group in found.groups]
    again = {*listed}
    return renamed if listed == [name for name in layers if name in again] else {}


def relisting(found: Ledger, renamed: Mapping[str, Group]) -> Edit:
    """The edit that lists groups in the place of others."""
    names = [group.name for group in found.groups]
    return Edit(NAMES, old=names, new=[renamed[name].name if name in renamed else name for name in names])
