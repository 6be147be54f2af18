"""Metrics and losses that Keras 2 found by a name which Keras 3 does not find, and what of Keras 3 computes the same.

Tried in 3.0.5, 3.9.2 and 3.15.1 with files of 2.15. Before 2.3 the function of this name was the loss, which has the other sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Document, Json
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.saved_release import release_of
from kdoctor.target import Target
from kdoctor.training.crossentropy import chosen

CLASSES: Final[Mapping[str, str]] = {
    "cosine_proximity": "CosineSimilarity",
    "logcosh": "LogCoshError",
    "log_cosh": "LogCoshError",
    "kullback_leibler_divergence": "KLDivergence",
}
# Losses that are functions under another name in every Keras 3; tried in 3.15.1 with files of 2.15.
LOSSES: Final[Mapping[str, str]] = {"huber_loss": "huber", "logcosh": "log_cosh", "kullback_leibler_divergence": "kl_divergence"}
FIRST = (2, 3)


def as_class(mention: Mention, document: Document, target: Target) -> Mapping[str, Json] | None:
    """The metric as an object under the name it had; None for one that is not among them."""
    if not target.keras_3 or (mention.kind, mention.form) != ("metric", "text") or mention.given:
        return None
    if mention.meant is not None or (release_of(document) or (0, 0)) < FIRST:
        return None
    name = CLASSES.get(mention.name) or chosen(mention.name, document, target)
    if name is None:
        return None
    made = {"class_name": name, "config": {"name": mention.name, "dtype": "float32"}}
    return {"module": "keras.metrics", **made, "registered_name": None} if document.format.native else made


def as_loss(mention: Mention, target: Target) -> str | None:
    """The name that Keras 3 has for a loss; None for one that is not among them."""
    sought = target.keras_3 and (mention.kind, mention.form) == ("loss", "text") and mention.meant is None and not mention.given
    return LOSSES.get(mention.name) if sought else None
