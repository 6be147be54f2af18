"""The arrays of an ``.h5`` that training changes."""

from __future__ import annotations

from kdoctor.convert.native_weights import by_layer
from kdoctor.convert.refusal import NotConvertible
from kdoctor.document import Document, Weight


def trained_weights(document: Document) -> list[Weight] | None:
    """In the order of the layers; None where the layers' arrays are not known to be theirs."""
    try:
        return [place.weight for place in by_layer(document) if place.trained]
    except NotConvertible:
        return None
