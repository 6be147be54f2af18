"""Weights that begin at one number, because their layer says so: a head of zeros, a blur whose kernel is constant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose

from kdoctor.document import Document, Json
from kdoctor.weights.claims import claims

NUMBERS = {"zeros": 0.0, "zero": 0.0, "zeros_initializer": 0.0, "ones": 1.0, "one": 1.0, "ones_initializer": 1.0}
ENDING = "_initializer"
OTHERWISE = {"kernel": ("depthwise",)}  # DepthwiseConv1D and 2D call the initializer of their kernel so
ROUNDED = 0.01  # what bfloat16 keeps of a number is off by less


class ConstantStarts:
    """The initializers of a document's layers, looked up by the places of their variables in an archive."""

    def __init__(self, document: Document) -> None:
        self._configs = {claim.place: claim.node.config for claim in claims(document)}

    def says(self, place: str, role: str, number: float) -> bool:
        """Whether the layer, or one within it, begins the variable at this number."""
        config = self._config(place)
        return config is not None and any(isclose(start, number, rel_tol=ROUNDED) for start in _starts(config, role))

    def _config(self, place: str) -> Mapping[str, Json] | None:
        while place:
            if place in self._configs:
                return self._configs[place]
            place = place.rpartition("/")[0]
        return None


def _starts(config: Mapping[str, Json], role: str) -> Iterator[float]:
    last = role.rpartition(".")[2]
    keys = {f"{name}{ENDING}" for name in (last, last.removesuffix("_kernel"), *OTHERWISE.get(last, ()))}
    todo: list[Json] = [config]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            found = (_number(item) for key, item in value.items() if key in keys)
            yield from (number for number in found if number is not None)
            todo += [item for key, item in value.items() if key not in keys]
        elif isinstance(value, list):
            todo += value


def _number(initializer: Json) -> float | None:
    """The number that an initializer gives every weight; None where it gives them several."""
    if isinstance(initializer, str):
        return NUMBERS.get(initializer.lower())
    if not isinstance(initializer, Mapping):
        return None
    name, config = initializer.get("class_name"), initializer.get("config")
    if name == "Constant" and isinstance(config, Mapping):
        value = config.get("value", 0.0)
        return float(value) if isinstance(value, (int, float)) else None
    return NUMBERS.get(name.lower()) if isinstance(name, str) else None
