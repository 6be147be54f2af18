"""A first layer of an ``.h5`` whose batch_input_shape leaves the batch out: Keras 3 takes it for the shape of one sample, and is right."""

from __future__ import annotations

from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.keras_api.reader import read_natively
from kdoctor.structure.flow import flow
from kdoctor.structure.objects import Node
from kdoctor.structure.sequential import as_shape
from kdoctor.target import Target

KEY = "batch_input_shape"


def batch_is_added(document: Document, layers: tuple[Node, ...], target: Target) -> bool:
    """Whether a stack of these layers fits its kernels to the end with the axis that the target puts before what the file states, and not without."""
    first = layers[0] if layers else None
    if document.format.native or first is None or first.class_name == "InputLayer" or not habits.KEEPS_BATCH_AXIS.of(target):
        return False
    shape = as_shape(first.config.get(KEY))
    if shape is None or read_natively(first, False, target) or flow(document, layers, shape).clash is None:
        return False
    return flow(document, layers, (None, *shape)).complete
