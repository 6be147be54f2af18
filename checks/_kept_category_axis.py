"""A CategoryEncoding whose input ends in an axis of 1: Keras 3.0 to 3.3 keep that axis beside the new one, all others drop it."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding
from kdoctor.document import Document
from kdoctor.graph.shapes import infer
from kdoctor.keras_api import habits
from kdoctor.structure.objects import objects_named
from kdoctor.target import Target


def kept_axis(document: Document, target: Target) -> Iterator[Finding]:
    """One for each such layer of a file from the other side of the change (K609)."""
    saved = document.saved_by().keras
    if saved is None or habits.KEEPS_CATEGORY_AXIS.at(saved) is habits.KEEPS_CATEGORY_AXIS.of(target):
        return
    for node in objects_named(document, ("CategoryEncoding",)):
        given = next((shape for shape in infer(document).inputs.get(node.at, ()) if shape), None)
        if node.at.part == "config" and node.config.get("output_mode") == "one_hot" and given and len(given) > 1 and given[-1] == 1:
            does = "keeps" if habits.KEEPS_CATEGORY_AXIS.of(target) else "drops"
            other = "dropped" if does == "keeps" else "kept"
            yield Finding(
                node.at,
                f"{target} {does} the last axis of 1 that {node.name!r} encodes, and the Keras that saved the file {other} it",
                layer=node.name,
            )
