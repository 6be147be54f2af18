"""What a RandomCrop does when the model predicts: until Keras 3.7 it resized to the size that it crops to, since then nothing (random_crop.py)."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety
from kdoctor.document import Document
from kdoctor.edit import Edit
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.keras_api.successors import doing_nothing
from kdoctor.saved_release import origin_of
from kdoctor.structure.objects import Node
from kdoctor.target import Target


def cropped_in_training(document: Document, node: Node, target: Target) -> Iterator[Finding]:
    """A RandomCrop that the target takes for the other thing; not one whose images have its size already."""
    height, width, now = node.config.get("height"), node.config.get("width"), habits.CROPS_IN_TRAINING_ALONE.of(target)
    if node.class_name != "RandomCrop" or type(height) is not int or type(width) is not int:
        return
    then = habits.CROPS_IN_TRAINING_ALONE.at(origin_of(document))
    if then is now or _size(document, node) == (height, width):
        return
    size = f"{height} x {width}"
    does, did = ("hands images on as they are", f"made them {size}") if now else (f"makes images {size}", "handed them on as they are")
    yield Finding(
        node.at,
        f"RandomCrop {node.name!r} {does} when {target} predicts; the Keras that saved the file {did}",
        repair=_as_resizing(node) if now else _as_nothing(node),
        layer=node.name,
        other_numbers=True,
    )


def _size(document: Document, node: Node) -> tuple[int | None, ...]:
    """Height and width of the images that it is given, as far as they can be told."""
    given = next((shape for shape in infer(document).inputs.get(node.at, ()) if shape), None)
    if given is None or len(given) < 3:
        return ()
    return given[-2:] if node.config.get("data_format") == "channels_first" else given[-3:-1]


def _as_resizing(node: Node) -> Repair:
    kept = {key: value for key, value in node.config.items() if key != "seed"}
    resizing = {**node.raw, "class_name": "Resizing", "config": {**kept, "crop_to_aspect_ratio": True}}
    title = "write a Resizing that keeps the aspect ratio: predictions are those of the file, training no longer crops at random"
    return Repair(title, (Edit(node.at, old=node.raw, new=resizing),), Safety.UNSAFE)


def _as_nothing(node: Node) -> Repair:
    title = "write a Rescaling by 1: predictions are those of the file, training no longer crops at random"
    return Repair(title, (Edit(node.at, old=node.raw, new=doing_nothing(node)),), Safety.UNSAFE)
