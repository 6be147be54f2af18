"""Which cross-entropy Keras 2 took for a metric ``"ce"``: by what the model returns, and by the targets, which its loss tells."""

from __future__ import annotations

from typing import Final

from kdoctor.document import Document
from kdoctor.graph.shapes import infer
from kdoctor.keras_api.compile_reader import CROSSENTROPY, mentions
from kdoctor.keras_api.variables.variable import Shape
from kdoctor.structure.models import models
from kdoctor.target import Target

SPARSE: Final = frozenset({"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"})


def chosen(name: str, document: Document, target: Target) -> str | None:
    """The class of Keras 3 for the metric; None for another metric, and where the file does not tell. Source: compile_utils.get_metric of 2.15."""
    shapes = _outputs(document) if name in CROSSENTROPY else ()
    widths = {None if not shape else shape[-1] for shape in shapes}
    if not shapes or None in widths:
        return None
    if widths == {1}:
        return "BinaryCrossentropy"
    losses = [mention for mention in mentions(document, target) if mention.kind == "loss"]
    found = {one.found or one.meant for one in losses}
    if 1 in widths or not losses or None in found:
        return None
    sparse = {one is not None and one.name in SPARSE for one in found}
    return None if len(sparse) > 1 else "SparseCategoricalCrossentropy" if True in sparse else "CategoricalCrossentropy"


def _outputs(document: Document) -> tuple[Shape | None, ...]:
    """The shape of each of the model's outputs."""
    model, made = next(iter(models(document)), None), infer(document).outputs
    if model is None or not model.layers:
        return ()
    if not model.functional:
        return tuple(made.get(model.layers[-1].at, ()))
    layers = {layer.key: layer.at for layer in model.layers}
    ends = [(made.get(layers[end.layer], ()) if end.layer in layers else (), end.output) for end in model.endpoints("output_layers")]
    return tuple(shapes[number] if number < len(shapes) else None for shapes, number in ends)
