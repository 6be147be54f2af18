"""What a Normalization has learned, in an ``.h5``: Keras 3 reads the arrays, and computes with the numbers from before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.structure.models import home_of
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target

CLASS: Final = "Normalization"
AS_KERAS: Final = Repair("write the model as a .keras archive, whose reader makes them count", native=True)


def forgotten_statistics(document: Document, target: Target) -> Iterator[Finding]:
    """``finalize_state`` makes the arrays count; the reader calls it of no layer, and since 3.6 of the outermost model's own alone (K609)."""
    if document.format.native or not habits.FORGETS_NESTED_STATISTICS.of(target):
        return
    for node in objects_named(document, (CLASS,)):
        if node.at.part != "config" or node.config.get("mean") is not None:
            continue
        home = home_of(document, node.at)
        if habits.FORGETS_STATISTICS.of(target) or home is None or home[0].nested:
            yield Finding(
                node.at,
                f"{target} reads the mean and variance that {CLASS} {node.name!r} has learned from an .h5, and computes without them",
                repair=AS_KERAS,
                layer=node.name,
            )
