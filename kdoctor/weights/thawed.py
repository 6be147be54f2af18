"""Layers that a file says are frozen, and that Keras 3 trains all the same once it has loaded them: what goes by that is another then.

Setting ``layer.trainable`` reaches the variables that are there; ``load_model`` sets it before there are any (Layer.__init__). Keras 3.2
and later make the variables of a frozen layer frozen, but not those of the layers that it makes for itself, or that it wraps: these go by
their own word, which Keras 2 left as it was. (A TimeDistributed says it to its layer, and so did Keras 2.)
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from kdoctor.document import Document
from kdoctor.edit import Edit, apply
from kdoctor.keras_api import habits
from kdoctor.structure.objects import Node, objects
from kdoctor.structure.outline import objects_named
from kdoctor.target import Target
from kdoctor.weights.claims import claims

WRAPPERS: Final = ("Bidirectional", "RNN", "StackedRNNCells")
HOLDERS: Final = (
    *("MultiHeadAttention", "GroupQueryAttention", "GroupedQueryAttention"),
    *("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
    *WRAPPERS,
)


def as_trained(document: Document, target: Target) -> Document:
    """The document with every layer said to be trained that the target trains; the same one where that changes nothing."""
    if not habits.FORGETS_FROZEN_PARTS.of(target):
        return document
    return _said_to_be_trained(document, habits.FORGETS_FROZEN.of(target))


def thawed(document: Document, target: Target) -> tuple[Node, ...]:
    """The layers of the model that the target trains against their word, in order; those without such variables left out."""
    after = as_trained(document, target)
    if after is document:
        return ()
    trained = {claim.node.at for claim in claims(after) if any(variable.trainable for variable in claim.variables or ())}
    return tuple(
        claim.node for claim in claims(document) if claim.node.at in trained and not any(v.trainable for v in claim.variables or ())
    )


@lru_cache(maxsize=4)
def _said_to_be_trained(document: Document, every: bool) -> Document:
    frozen = [*_frozen(document, every)]
    return apply(document, [Edit(node.at / "config" / "trainable", old=False, new=True) for node in frozen]) if frozen else document


def _frozen(document: Document, every: bool) -> Iterator[Node]:
    for node in objects(document) if every else objects_named(document, HOLDERS):
        if node.config.get("trainable") is False and node.at.part == "config" and "layers" not in node.config:
            yield node
