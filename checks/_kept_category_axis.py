"""Layers that encode categories, whose input ends in an axis of 1: Keras 3.0 to 3.3 keep that axis beside the new one, all others drop it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.saved_release import origin_of
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models
from kdoctor.structure.objects import objects_named
from kdoctor.target import Target

BINNED = "Discretization"
LATER = Repair("load it with Keras 3.14 or later", safety=Safety.ADVICE)


def kept_axis(document: Document, target: Target) -> Iterator[Finding]:
    """One for each such layer of a file from the other side of the change (K609).

    Of one category, ``multi_hot`` computes what ``one_hot`` does, and drops the axis.
    """
    saved = origin_of(document)
    if saved is None or habits.KEEPS_CATEGORY_AXIS.at(saved) is habits.KEEPS_CATEGORY_AXIS.of(target):
        return
    for node in objects_named(document, ("CategoryEncoding", BINNED) if target.keras_3 else ("CategoryEncoding",)):
        given = next((shape for shape in infer(document).inputs.get(node.at, ()) if shape), None)
        if node.at.part == "config" and node.config.get("output_mode") == "one_hot" and given and len(given) > 1 and given[-1] == 1:
            keeps = habits.KEEPS_CATEGORY_AXIS.of(target)
            does, other = ("keeps", "dropped") if keeps else ("drops", "kept")
            cured = keeps and (node.class_name == BINNED or len(given) == 2)  # of more axes a CategoryEncoding keeps it all the same
            edit = Edit(node.at / "config" / "output_mode", old="one_hot", new="multi_hot")
            yield Finding(
                node.at,
                f"{target} {does} the last axis of 1 that {node.name!r} encodes, and the Keras that saved the file {other} it",
                repair=Repair("encode it as multi_hot, which is the same of one category, and drops the axis", (edit,)) if cured else None,
                layer=node.name,
            )


def mistold_bins(document: Document, target: Target) -> Iterator[Finding]:
    """Until Keras 3.13 a Discretization tells the layers behind it that its output has the shape of its input (K609)."""
    if not target.keras_3 or habits.TELLS_SHAPE_OF_BINS.of(target) or not habits.TELLS_SHAPE_OF_BINS.at(document.saved_by().keras):
        return
    for model in all_models(document) if any(objects_named(document, (BINNED,))) else ():
        for binned, dense in _followed(model):
            given = next((shape for shape in infer(document).inputs.get(binned.at, ()) if shape), None)
            built = dense.node.build_config.get("input_shape")
            if given and isinstance(built, list) and built and built[-1] != given[-1]:
                yield Finding(
                    dense.at,
                    f"{target} takes what {binned.name!r} returns for as long as what it is given, {given[-1]}, and {dense.name!r} takes {built[-1]}",
                    repair=LATER,
                    layer=dense.name,
                    keras_says=f'ValueError: Input 0 of layer "{dense.name}" is incompatible with the layer: expected axis -1 of input shape to '
                    f"have value {built[-1]}",
                )


def _followed(model: Model) -> Iterator[tuple[Layer, Layer]]:
    """Each Dense that takes what a Discretization returns, with it."""
    known = {layer.key: layer for layer in model.layers}
    for index, layer in enumerate(model.layers):
        before = (known.get(source.layer) for source in layer.calls[0]) if layer.calls else iter(model.layers[max(index - 1, 0) : index])
        for one in before if layer.class_name == "Dense" else ():
            if one is not None and one.class_name == BINNED and one.node.config.get("output_mode", "int") != "int":
                yield one, layer
