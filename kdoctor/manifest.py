"""The stored weights joined to the layers that own them, in every layout that Keras has written."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from kdoctor.document import Document, Weight
from kdoctor.layers import Layer, layers

# Not weights of the model: random states, metrics, and the optimizer's own variables.
FOREIGN = re.compile(r"(^|/)(seed_generator[^/]*|_?random_generator|optimizer|optimizer_weights|_?metrics?|_?loss_tracker)(/|$)")
ROOTS = ("layers", "_layer_checkpoint_dependencies")


def snake_case(class_name: str) -> str:
    """The stem of a layer's weight path in a Keras 3 archive (keras/src/utils/naming.py, to_snake_case)."""
    name = re.sub(r"\W+", "", class_name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def model_weights(document: Document) -> Mapping[str, Weight]:
    """Path -> weight for everything that belongs to the model itself."""
    legacy = any(path.startswith("model_weights/") for path in document.weights)
    return {
        path: weight
        for path, weight in document.weights.items()
        if not FOREIGN.search(path) and (not legacy or path.startswith("model_weights/"))
    }


@lru_cache(maxsize=4)
def weights_by_layer(document: Document) -> tuple[Mapping[str, Weight], ...]:
    """For each of `layers(document)`, in the same order, the weights stored for it; a nested model holds those of its layers too."""
    weights = {path.replace("\\", "/"): weight for path, weight in model_weights(document).items()}
    places = _native_places(layers(document)) if document.format.native else None
    found = []
    for index, layer in enumerate(layers(document)):
        owned = _native(weights, places[index]) if places is not None else _legacy(weights, layer)
        found.append(owned)
    return tuple(found)


def parameters(document: Document) -> int:
    """Number of stored parameters (elements of all weights of the model)."""
    return sum(weight.parameters for weight in model_weights(document).values())


def _native_places(rows: tuple[Layer, ...]) -> list[tuple[str, ...]]:
    """Weight path stems: the class in snake case, counted within each container (saving_lib._save_container_state)."""
    used: dict[tuple[str, ...], Counter[str]] = {}
    places: list[tuple[str, ...]] = []
    stems: list[tuple[str, ...]] = []
    for row in rows:
        del stems[row.depth :]
        outer = stems[-1] if stems else ()
        counter = used.setdefault(outer, Counter())
        stem = snake_case(row.class_name)
        name = f"{stem}_{counter[stem]}" if counter[stem] else stem
        counter[stem] += 1
        places.append((*outer, name))
        stems.append((*outer, name))
    return places


def _native(weights: Mapping[str, Weight], place: tuple[str, ...]) -> dict[str, Weight]:
    stems = {"".join(f"{root}/{name}/" for name in place) for root in ROOTS}
    return {path: weight for path, weight in weights.items() if any(path.startswith(stem) for stem in stems)}


def _legacy(weights: Mapping[str, Weight], layer: Layer) -> dict[str, Weight]:
    """``model_weights/OUTERMOST/…/LAYER/…``: the group of the outermost model's layer, then the layer's name on the way."""
    names = [*layer.parents, layer.name]
    inside = {path: w for path, w in weights.items() if path.removeprefix("model_weights/").startswith(names[0] + "/")}
    if layer.depth == 0:
        return inside
    return {path: w for path, w in inside.items() if f"/{layer.name}/" in path.removeprefix("model_weights/" + names[0])}
