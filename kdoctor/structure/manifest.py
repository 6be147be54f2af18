"""The stored weights joined to the layers that own them, in every layout that Keras has written."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from kdoctor.document import Document, Weight
from kdoctor.structure.layers import Layer, is_model, layers
from kdoctor.structure.snake_case import snake_case

# Not weights of the model: random states, metrics, and the optimizer's own variables.
FOREIGN = re.compile(r"(^|/)(seed_generator[^/]*|_?random_generator|optimizer|optimizer_weights|_?metrics?|_?loss_tracker)(/|$)")
ROOTS = ("layers", "_layer_checkpoint_dependencies")
LEGACY_ROOT = "model_weights/"
AFTER_SLASH = chr(ord("/") + 1)


@lru_cache(maxsize=4)
def model_weights(document: Document) -> Mapping[str, Weight]:
    """Path -> weight for everything that belongs to the model itself."""
    legacy = any(path.startswith(LEGACY_ROOT) for path in document.weights)
    return {
        path: weight
        for path, weight in document.weights.items()
        if not FOREIGN.search(path) and (not legacy or path.startswith(LEGACY_ROOT))
    }


@lru_cache(maxsize=4)
def weights_by_layer(document: Document) -> tuple[Mapping[str, Weight], ...]:
    """For each of `layers(document)`, in the same order, the weights stored for it; a nested model holds those of its layers too."""
    shelf = Shelf({path.replace("\\", "/"): weight for path, weight in model_weights(document).items()})
    if document.format.native:
        return tuple(_native(shelf, layers(document)))
    return tuple(_legacy(shelf, layers(document), _with_slashes(document)))


def _with_slashes(document: Document) -> Mapping[str, str]:
    """The groups whose names have slashes, by what their layers are called when those have been replaced (K207): the groups keep theirs."""
    listed = document.attributes.get("/" + LEGACY_ROOT.rstrip("/"), {}).get("layer_names")
    return {name.replace("/", "_"): name for name in listed if isinstance(name, str) and "/" in name} if isinstance(listed, list) else {}


class Shelf:
    """Weights by path, sorted, so that those below a folder are found without looking at the others."""

    def __init__(self, weights: Mapping[str, Weight]) -> None:
        self.weights = weights
        self.paths = sorted(weights)

    def has(self, start: str) -> bool:
        """Whether any path starts so."""
        at = bisect_left(self.paths, start)
        return at < len(self.paths) and self.paths[at].startswith(start)

    def below(self, folder: str) -> dict[str, Weight]:
        """The weights whose path starts with ``folder``, which ends with a slash."""
        start = bisect_left(self.paths, folder)
        end = bisect_left(self.paths, folder[:-1] + AFTER_SLASH, start)
        return {path: self.weights[path] for path in self.paths[start:end]}


def parameters(document: Document) -> int:
    """Number of stored parameters (elements of all weights of the model)."""
    return sum(weight.parameters for weight in model_weights(document).values())


def _native(shelf: Shelf, rows: tuple[Layer, ...]) -> Iterator[dict[str, Weight]]:
    """Weight path stems: the class in snake case, counted within each container (saving_lib._save_container_state)."""
    used: dict[tuple[str, ...], Counter[str]] = {}
    places: list[tuple[str, ...]] = []  # of the models around the row
    roots = [root for root in ROOTS if shelf.has(root)]
    for row in rows:
        del places[row.depth :]
        outer = places[-1] if places else ()
        counter = used.setdefault(outer, Counter())
        stem = snake_case(row.class_name)
        place = (*outer, f"{stem}_{counter[stem]}" if counter[stem] else stem)
        counter[stem] += 1
        places.append(place)
        owned: dict[str, Weight] = {}
        for root in roots:
            owned.update(shelf.below("".join(f"{root}/{name}/" for name in place)))
        yield owned


def _legacy(shelf: Shelf, rows: tuple[Layer, ...], groups: Mapping[str, str]) -> Iterator[dict[str, Weight]]:
    """``model_weights/OUTERMOST/…/LAYER/…``: the group of the outermost model's layer, then the layer's name on the way."""
    root = LEGACY_ROOT if any(path.startswith(LEGACY_ROOT) for path in shelf.paths[:1]) else ""
    inside: dict[str, Weight] = {}
    folders: dict[str, list[str]] = {}
    for row in rows:
        if row.depth == 0:
            inside = shelf.below(f"{root}{row.name}/") or shelf.below(f"{root}{groups.get(row.name, row.name)}/")
            folders = _by_folder(inside, len(root) + len(row.name)) if is_model(row.node) else {}
            yield inside
        else:  # the outermost model's row came before; a name may hold slashes itself
            start = len(root) + len(row.parents[0])
            on_the_way = folders.get(row.name.split("/")[0], ())
            yield {path: inside[path] for path in on_the_way if f"/{row.name}/" in path[start:]}


def _by_folder(paths: Iterable[str], start: int) -> dict[str, list[str]]:
    """Folder name -> the paths that lead through a folder of that name, counting from character ``start``."""
    found: dict[str, list[str]] = {}
    for path in paths:
        for name in dict.fromkeys(path[start:].split("/")[1:-1]):
            found.setdefault(name, []).append(path)
    return found
