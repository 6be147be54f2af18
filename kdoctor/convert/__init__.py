"""A document in another container or dialect: the config in its words, the weights where its loader looks for them. Nothing is loaded.

What a conversion changes is only where things stand and how they are named; numbers are copied as bytes.
"""

from __future__ import annotations

from kdoctor.container import Container
from kdoctor.convert.native import as_native, from_h5, to_native
from kdoctor.convert.native_weights import native_weights
from kdoctor.convert.outcome import Converted
from kdoctor.convert.refusal import NotConvertible
from kdoctor.convert.training import native_training
from kdoctor.document import Document, Format
from kdoctor.target import Target

__all__ = ["Converted", "NotConvertible", "as_native", "convert", "from_h5", "native_training", "native_weights", "to_native"]


def convert(document: Document, target: Target, container: Container) -> Converted:
    """The document as the target's Keras saves it. Raises `NotConvertible`, and says why."""
    if not target.keras_3:
        from kdoctor.convert.keras_2 import as_keras_2_archive, as_keras_2_h5  # seldom needed, and as long as a file takes

        return (as_keras_2_archive if container is Container.KERAS else as_keras_2_h5)(document, target)
    if container is Container.KERAS:
        return as_native(document, target)
    from kdoctor.convert.legacy import as_h5

    return Converted(document) if document.format is Format.H5_MODEL else as_h5(document, target)
