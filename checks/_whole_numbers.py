"""Lookups that encode words: floats in Keras 2, whole numbers in Keras 3, which some layers truncate what they compute to, or refuse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Need, Repair
from kdoctor.document import Document, Json
from kdoctor.graph.whole_numbers import LOOKUPS, Misread, misread
from kdoctor.keras_api import habits
from kdoctor.pointer import Pointer
from kdoctor.replacements.layers_behind import layers_behind
from kdoctor.saved_release import release_of
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import is_wrapped
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

KERAS_3: Final = (3, 0)
NOT_ITS_OWN: Final = ("string", "int64", "int32")  # the dtype that a lookup's words or numbers have, by early releases of Keras 2
NEED: Final = Need(
    "FILE", "the model without the wrapper around the lookup", "a wrapper calls the model that holds it, where no layer is added"
)


def whole_numbers(document: Document, target: Target) -> Iterator[Finding]:
    """One for each such lookup, where a layer behind it computes something else of whole numbers (K609)."""
    saved = release_of(document)
    if saved is None or saved >= KERAS_3 or not habits.ENCODES_IN_WHOLE_NUMBERS.of(target) or not any(objects_named(document, LOOKUPS)):
        return
    by_model: dict[Pointer, list[Misread]] = defaultdict(list)
    for one in misread(document, target):
        by_model[one.model.node.at].append(one)
    for found in by_model.values():
        repair = _repair(document, found)
        for one in found:
            yield Finding(
                one.lookup.at,
                f"{one.lookup.class_name} {one.lookup.name!r} returned floats in the Keras that saved the file, and returns whole numbers in {target}, "
                f"of which {one.reader.class_name} {one.reader.name!r} computes something else, or nothing",
                repair=repair,
                needs=() if repair else (NEED,),
                layer=one.lookup.name,
                other_numbers=True,
            )


def _repair(document: Document, found: list[Misread]) -> Repair | None:
    """All of a model at once. In an ``.h5`` another layer might change the order of the arrays: it is written as a ``.keras`` archive first."""
    model = found[0].model
    if is_wrapped(model.node.at):
        return None
    edits = layers_behind(document, model, [one.lookup for one in found], _cast, "floats") if document.format.native else ()
    return Repair("put a Rescaling by 1 behind it, which makes floats of them", edits, native=True)


def _cast(lookup: Layer) -> tuple[str, dict[str, Json]]:
    """Rescaling computes in its own dtype, and casts to it what it is given."""
    dtype = lookup.node.config.get("dtype")
    return "Rescaling", {"dtype": "float32" if dtype is None or dtype in NOT_ITS_OWN else dtype, "scale": 1.0, "offset": 0.0}
