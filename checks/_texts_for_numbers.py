"""Arrays of texts where a layer keeps its numbers."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need
from kdoctor.document import Document
from kdoctor.keras_api.layouts import layout_of
from kdoctor.target import Target

from ._claimed_arrays import claimed_arrays

TEXTS = ("bytes", "str", "object")
NEED = Need("FILE", "the file as it was saved", "what stands there are no numbers")


def texts_for_numbers(document: Document, target: Target) -> Iterator[Finding]:
    """Each array of a variable that holds texts."""
    if not any(weight.dtype.startswith(TEXTS) for weight in document.weights.values()):
        return
    for one in claimed_arrays(document, layout_of(target)):
        if one.weight.dtype.startswith(TEXTS):
            yield Finding(
                one.at,
                f"the {one.variable.role} of {one.layer!r} is an array of texts ({one.weight.dtype}) in the file",
                needs=(NEED,),
                layer=one.layer,
                keras_says="ValueError: could not convert string to float",
            )
