"""Retired layers of a document in their new form, all at once: nested models in their places, the arrays where those look for them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from kdoctor.check import Repair
from kdoctor.document import ABSENT, Document, Json, Weight
from kdoctor.edit import Edit, apply
from kdoctor.errors import RecipeError
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.keras_api.layouts import CHECKPOINT, LAYERS
from kdoctor.keras_api.variables.table import UNREADABLE
from kdoctor.pointer import Pointer
from kdoctor.replacements.graph_order import moves, ordered
from kdoctor.replacements.small_layers import INPUT, Small
from kdoctor.replacements.small_models import KNOWN, small_model
from kdoctor.structure.call_numbers import ends_of_model
from kdoctor.structure.layers import layer_at
from kdoctor.target import Target
from kdoctor.weights.claims import Claim, claims
from kdoctor.weights.stored import fits

if TYPE_CHECKING:
    from kdoctor.recipe_steps import Recipe

TITLE = "write a small model of other layers that computes the same, with the same numbers"


class Retired(NamedTuple):
    """The repair of all the layers in ``cured``."""

    repair: Repair | None = None
    cured: frozenset[Pointer] = frozenset()

    def of(self, layer: Pointer) -> Repair | None:
        return self.repair if layer in self.cured else None


@lru_cache(maxsize=4)
def retired(document: Document, target: Target) -> Retired:
    """An ``.h5`` cannot hold the operations: there the repair asks for a ``.keras`` archive, in which this is asked again."""
    if not target.keras_3 or habits.RETURNS_LISTED_OUTPUTS.of(target):  # a model nested in a Sequential would return a list
        return Retired()
    waiting = [claim for claim in claims(document) if claim.node.class_name in KNOWN and stands_alone(document, claim)]
    if not waiting:
        return Retired()
    if not document.format.native:
        return Retired(Repair(TITLE, native=True), frozenset(claim.node.at for claim in waiting))
    found = {claim.node.at: (claim, *small) for claim in waiting if (small := _small(document, claim, target)) is not None}
    if not found:
        return Retired()
    return Retired(Repair(TITLE, written(document, found, target), native=True), frozenset(found))


def written(document: Document, found: Mapping[Pointer, tuple[Claim, Small, tuple[str, ...]]], target: Target) -> tuple[Edit, ...]:
    """Edits of a ``.keras`` document: small models in the places of layers, whose arrays at these paths go."""
    after, made = document, list[Edit]()
    for at, (claim, made_of, _) in found.items():
        edits = (Edit(at, old=claim.node.raw, new=_functional(document, claim, made_of, target)), *ends_of_model(after, at))
        after, made = apply(after, edits), [*made, *edits]
    arrays = {at: made_of.arrays for at, (_, made_of, _) in found.items()}
    gone = {path for _, _, paths in found.values() for path in paths}
    return (*made, *_arrays(document, after, arrays, gone))


def stands_alone(document: Document, claim: Claim) -> bool:
    """Whether it is a layer of a model, rather than held by a wrapper."""
    layer = layer_at(document, claim.node.at)
    return layer is not None and layer.at == claim.node.at and claim.variables is not None


def _small(document: Document, claim: Claim, target: Target) -> tuple[Small, tuple[str, ...]] | None:
    """The model that takes a layer's place, and the paths of the arrays that it takes over."""
    shapes = infer(document).inputs.get(claim.node.at) or (None,)
    if (found := stored_arrays(document, claim)) is None:
        return None
    stored, paths = found
    patches = habits.STRIDES_PATCHES.of(target)
    try:
        small = None if shapes[0] is None else small_model(claim.node, shapes[0], stored, patches=patches)
    except (*UNREADABLE, RecipeError):  # a config that no release wrote
        return None
    return None if small is None else (small, paths)


def stored_arrays(document: Document, claim: Claim) -> tuple[list[Recipe], tuple[str, ...]] | None:
    """The arrays of a layer in a ``.keras`` document, in its own order, and where they stand; None where one is missing or does not fit."""
    stored: list[Recipe] = []
    paths: list[str] = []
    for variable in claim.variables or ():
        path = f"{claim.place}/{variable.path}"
        path = path if path in document.weights else path.replace(LAYERS, CHECKPOINT)
        weight = document.weights.get(path)
        if weight is None or not fits(variable.shape, weight.shape):
            return None
        stored.append(weight.numbers)
        paths.append(path)
    return stored, tuple(paths)


def _functional(document: Document, claim: Claim, small: Small, target: Target) -> dict[str, Json]:
    node, shapes = claim.node, infer(document).inputs[claim.node.at]
    told = {key: node.config[key] for key in ("dtype",) if node.config.get(key) is not None}
    shape = [None, *(shapes[0] or ())[1:]]
    start: dict[str, Json] = {
        "module": "keras.layers", "class_name": "InputLayer", "config": {"batch_shape": shape, "dtype": "float32", "name": INPUT},
        "registered_name": None, "name": INPUT, "inbound_nodes": [],
    }  # fmt: skip
    layers = [start, *({**layer, "config": {**layer["config"], **told}} if _is_layer(layer) else layer for layer in small.layers)]
    last = small.layers[-1]
    ends: list[list[Json]] = [
        [INPUT, 0, 0],
        [last["name"], int(last["class_name"] == "Functional"), 0],
    ]  # a model's calls count from 1 there
    layers = ordered(layers, ends[1])
    starts, outputs = ends if habits.TAKES_FLAT_ENDS.of(target) else [[end] for end in ends]
    config = {"name": node.name, "trainable": node.config.get("trainable", True), "layers": layers}
    config |= {"input_layers": starts, "output_layers": outputs}
    found = {"module": "keras.src.models.functional", "class_name": "Functional", "config": config, "registered_name": "Functional"}
    return {**found, **{key: node.raw[key] for key in ("name", "inbound_nodes") if key in node.raw}}


def _is_layer(layer: Mapping[str, Json]) -> bool:
    return layer["registered_name"] is None


def _arrays(before: Document, after: Document, made: Mapping[Pointer, Mapping[str, tuple[Recipe, ...]]], gone: set[str]) -> list[Edit]:
    """Arrays in their new form, and those of other layers whose places are counted otherwise now."""
    shall: dict[str, Weight] = {}
    for old, new in moves(before, after):
        shall[new] = before.weights[old]
        gone.add(old)
    for claim in claims(after):
        holder = next((arrays for at, arrays in made.items() if at.holds(claim.node.at)), {})
        for variable, recipe in zip(claim.variables or (), holder.get(claim.name, ()), strict=False):
            shall[f"{claim.place}/{variable.path}"] = Weight.made(recipe)
    touched = {path: before.weights.get(path, ABSENT) for path in sorted({*shall, *gone})}
    return [
        Edit(Pointer("weights", (path,)), old=old, new=shall.get(path, ABSENT))
        for path, old in touched.items()
        if old != shall.get(path, ABSENT)
    ]
