"""The one question that a conversion begins with: which container, and in which Keras's words."""

from __future__ import annotations

from kdoctor.container import Container
from kdoctor.convert.native import as_native
from kdoctor.convert.outcome import Converted
from kdoctor.document import Document, Format
from kdoctor.target import Target


def convert(document: Document, target: Target, container: Container) -> Converted:
    """The document as the target's Keras saves it. Raises `NotConvertible`, and says why."""
    if not target.keras_3:
        from kdoctor.convert.keras_2 import as_keras_2_archive, as_keras_2_h5  # seldom needed, and as long as a file takes

        return (as_keras_2_archive if container is Container.KERAS else as_keras_2_h5)(document, target)
    if container is Container.KERAS:
        return as_native(document, target)
    from kdoctor.convert.legacy import as_h5

    return Converted(document) if document.format is Format.H5_MODEL else as_h5(document, target)
