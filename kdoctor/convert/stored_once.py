"""The arrays of layers that stand in several models: a file of weights holds them once, where Keras comes to the layer first.

Sources: ``_save_container_state`` in saving_lib.py of Keras 2.15, which passes over a layer that it has seen before it counts, and of Keras 3,
which counts it. An architecture names such a layer in each of its models, and each of these gets a copy.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from kdoctor.convert.native_weights import renumbered
from kdoctor.document import Document, Weight
from kdoctor.keras_api.layouts import LAYERS
from kdoctor.structure.models import models
from kdoctor.structure.shared_layers import NUMBER
from kdoctor.weights.claims import Claim, claims
from kdoctor.weights.stored import fits

STATED = ("batch_input_shape", "batch_shape")  # by the first layer of a model alone


def copied(whole: Document) -> tuple[str, ...]:
    """The layers of an archive that was put together so, of which each has a copy of another one's arrays; their names, each once."""
    seen: set[str] = set()
    names: dict[str, None] = {}
    for claim in claims(whole):
        found = {weight.source for one in claim.variables or () if (weight := whole.weights.get(f"{claim.place}/{one.path}")) is not None}
        if found & seen:
            names[claim.name] = None
        seen |= found
    return tuple(names)


class _Row(NamedTuple):
    """A layer's claim, the folder that it is counted in, what it is counted as, and what two entries of one layer have in common."""

    claim: Claim
    folder: str
    stem: str
    words: str


def spread(whole: Document, counted: bool) -> dict[str, Weight] | None:
    """The arrays of an archive, those that several layers share under each of them; None where one layer's, or one array's, is not certain.

    counted: whether a layer that stands in a second model is counted there, as in Keras 3.
    Of the layers of one class in a model the file lacks exactly those that an earlier model has under the same name with the same config.
    Whether these were one layer, or the arrays of one were lost, the file does not tell.
    """
    rows = _rows(whole)
    return None if rows is None else _placed(rows, renumbered(whole.weights), counted)


def _rows(whole: Document) -> list[_Row] | None:
    """None where a layer does not tell its variables, where Keras says itself which layers are one, and where two models have one name."""
    names = Counter(model.node.name for model in models(whole))
    rows = []
    for claim in claims(whole):
        if claim.variables is None or NUMBER in claim.node.raw:
            return None
        if claim.variables:
            folder, _, name = claim.place.rpartition("/")
            stem, _, number = name.rpartition("_")
            config = {key: value for key, value in claim.node.config.items() if key not in STATED}
            words = json.dumps([claim.node.class_name, config], sort_keys=True)
            rows.append(_Row(claim, folder, stem if stem and number.isdecimal() else name, words))
    return None if max(names.values(), default=0) > 1 else rows


def _placed(rows: list[_Row], arrays: Mapping[str, Weight], counted: bool) -> dict[str, Weight] | None:
    places = _places(rows, arrays, counted)
    made: dict[str, Weight] = {}
    used = set()
    for row, place in zip(rows, places, strict=True) if places is not None else ():
        for variable in row.claim.variables or ():
            weight = arrays.get(f"{place}/{variable.path}")
            if weight is None or not fits(variable.shape, weight.shape):
                return None
            made[f"{row.claim.place}/{variable.path}"] = weight
            used.add(f"{place}/{variable.path}")
    return made if places is not None and used == arrays.keys() else None


def _places(rows: list[_Row], arrays: Mapping[str, Weight], counted: bool) -> list[str] | None:
    """Where the arrays of each layer stand; None where that of one that was passed over may be another's."""
    owners: dict[str, set[str]] = {}
    seen: dict[tuple[str, str], int] = {}
    places = []
    for row, again in zip(rows, _passed_over(rows, arrays, counted), strict=True):
        if again is None:
            return None
        family, known = (row.folder, row.stem), owners.setdefault(row.words, set())
        if again and len(known) != 1:
            return None
        number = seen.get(family, 0)
        own = row.claim.place if counted else f"{row.folder}/{row.stem}_{number}" if number else f"{row.folder}/{row.stem}"
        places.append(next(iter(known)) if again else own)
        known.add(places[-1])
        seen[family] = number + (not again)
    return places


def _passed_over(rows: list[_Row], arrays: Mapping[str, Weight], counted: bool) -> Iterator[bool | None]:
    """Whether each layer's arrays stand with an earlier one; None where the number of those that are there tells it of none and not of all."""
    first = {row.words: at for at, row in reversed([*enumerate(rows)])}
    twins = [first[row.words] < at for at, row in enumerate(rows)]
    there = _there(arrays)
    every = Counter((row.folder, row.stem) for row in rows)
    shared = Counter((row.folder, row.stem) for row, twin in zip(rows, twins, strict=True) if twin)
    held = Counter((row.folder, row.stem) for row in rows if row.claim.place in there)
    for row, twin in zip(rows, twins, strict=True):
        family = row.folder, row.stem
        if counted:
            yield row.claim.place not in there and twin
        elif held[family] in (every[family], every[family] - shared[family]):
            yield twin and held[family] < every[family]
        else:
            yield None


def _there(arrays: Mapping[str, Weight]) -> set[str]:
    """The folders of layers that hold arrays."""
    found = set()
    for path in arrays:
        steps = path.split("/")
        found |= {"/".join(steps[: at + 2]) for at, step in enumerate(steps) if step == LAYERS}
    return found
