"""Files that Keras saved on top of Theano, which convolves: it turns each kernel round, and no other backend does."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair
from kdoctor.document import Document
from kdoctor.keras_api import habits
from kdoctor.structure.objects import Node
from kdoctor.target import Target
from kdoctor.weights.turned import THEANO, convolving, padded_otherwise, turned


def turned_kernels(document: Document, target: Target) -> Iterator[Finding]:
    """Keras 2.0 to 2.3, and tf.keras to 2.3, turn the kernels of such an ``.h5`` as they read them; later ones do not. Keras 1's are K608's matter."""
    saved = document.saved_by()
    if document.format.native or saved.backend != THEANO or (saved.major or 0) < 2 or habits.TURNS_KERNELS_OF_THEANO.of(target):
        return
    found, padded = convolving(document), padded_otherwise(document)
    if padded:
        yield Finding(
            padded[0].at,
            f"the file was saved with Theano, which pads {_names(padded)} on both sides alike, where {target} pads more on one: no other backend "
            "computes what it did",
            layer=padded[0].name,
        )
    elif found:
        edits = turned(document, found)
        yield Finding(
            found[0].node.at,
            f"the file was saved with Theano, which turns kernels round before it convolves, and {target} does not: "
            f"{_names([one.node for one in found])} would compute something else",
            repair=Repair("turn the kernels along their axes of space", edits) if edits else None,
            layer=found[0].node.name,
        )


def _names(nodes: list[Node] | tuple[Node, ...]) -> str:
    more = len(nodes) - 1
    return repr(nodes[0].name) + (f" and {more} more" if more else "")
