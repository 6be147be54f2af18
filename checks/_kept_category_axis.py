"""Layers that encode categories, whose input ends in an axis of 1: Keras 3.0 to 3.3 keep that axis beside the new one, all others drop it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.replacements.kept_axes import TITLE, reshaped
from kdoctor.saved_release import origin_of
from kdoctor.structure.layers import Layer
from kdoctor.structure.models import Model, all_models, home_of
from kdoctor.structure.objects import Node
from kdoctor.structure.outline import objects_named
from kdoctor.structure.sequential import features_of
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
            yield Finding(
                node.at,
                f"{target} {does} the last axis of 1 that {node.name!r} encodes, and the Keras that saved the file {other} it",
                repair=_dropped(node, given) if keeps else _given_back(document, node, given),
                layer=node.name,
            )


def _dropped(node: Node, given: tuple[int | None, ...]) -> Repair | None:
    if node.class_name != BINNED and len(given) > 2:  # of more axes a CategoryEncoding keeps it all the same
        return None
    edit = Edit(node.at / "config" / "output_mode", old="one_hot", new="multi_hot")
    return Repair("encode it as multi_hot, which is the same of one category, and drops the axis", (edit,))


def _given_back(document: Document, node: Node, given: tuple[int | None, ...]) -> Repair | None:
    """As multi_hot, of which the releases agree that it drops the axis, and with that axis behind it."""
    home, tokens = home_of(document, node.at), _tokens(node)
    if home is None or tokens is None or node.config.get("sparse"):
        return None
    model, layer = home
    if model.functional and not document.format.native:
        return Repair(TITLE, native=True)
    edits = reshaped(document, model, layer, [*given, tokens], output_mode="multi_hot")
    return None if edits is None else Repair(TITLE, edits)


def _tokens(node: Node) -> int | None:
    """How many numbers stand for a category."""
    bins = node.config.get("bin_boundaries")
    found = len(bins) + 1 if isinstance(bins, list) else node.config.get("num_bins" if node.class_name == BINNED else "num_tokens")
    return found if type(found) is int and found > 0 else None


def mistold_bins(document: Document, target: Target) -> Iterator[Finding]:
    """From Keras 3.0 to 3.13 a Discretization tells the layers behind it that its output has the shape of its input (K609)."""
    if not habits.TELLS_OTHER_SHAPE_OF_BINS.of(target) or habits.TELLS_OTHER_SHAPE_OF_BINS.at(document.saved_by().keras):
        return
    for model in all_models(document) if any(objects_named(document, (BINNED,))) else ():
        for binned, dense in _followed(model):
            given = next((shape for shape in infer(document).inputs.get(binned.at, ()) if shape), None)
            built = dense.node.build_config.get("input_shape")
            takes = built[-1] if isinstance(built, list) and built else features_of(document, dense.node)
            if given and takes is not None and takes != given[-1]:
                yield Finding(
                    dense.at,
                    f"{target} takes what {binned.name!r} returns for as long as what it is given, {given[-1]}, and {dense.name!r} takes {takes}",
                    repair=LATER,
                    layer=dense.name,
                    keras_says=f'ValueError: Input 0 of layer "{dense.name}" is incompatible with the layer: expected axis -1 of input shape to '
                    f"have value {takes}",
                )


def _followed(model: Model) -> Iterator[tuple[Layer, Layer]]:
    """Each Dense that takes what a Discretization returns, with it."""
    known = {layer.key: layer for layer in model.layers}
    for index, layer in enumerate(model.layers):
        before = (known.get(source.layer) for source in layer.calls[0]) if layer.calls else iter(model.layers[max(index - 1, 0) : index])
        for one in before if layer.class_name == "Dense" else ():
            if one is not None and one.class_name == BINNED and one.node.config.get("output_mode", "int") != "int":
                yield one, layer
