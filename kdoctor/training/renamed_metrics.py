"""Metrics that Keras 2 found by a name which Keras 3 has no function for, and the classes of Keras 3 that compute the same.

Tried in 3.0.5, 3.9.2 and 3.15.1 with files of 2.15. Before 2.3 the function of this name was the loss, which has the other sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kdoctor.document import Document, Json
from kdoctor.keras_api.compile_reader import Mention
from kdoctor.saved_release import release_of
from kdoctor.target import Target

CLASSES: Final[Mapping[str, str]] = {"cosine_proximity": "CosineSimilarity", "logcosh": "LogCoshError", "log_cosh": "LogCoshError"}
FIRST = (2, 3)


def as_class(mention: Mention, document: Document, target: Target) -> Mapping[str, Json] | None:
    """The metric as an object under the name it had; None for one that is not among them."""
    if not target.keras_3 or (mention.kind, mention.form) != ("metric", "text") or mention.name not in CLASSES or mention.given:
        return None
    if mention.meant is not None or (release_of(document) or (0, 0)) < FIRST:
        return None
    made = {"class_name": CLASSES[mention.name], "config": {"name": mention.name, "dtype": "float32"}}
    return {"module": "keras.metrics", **made, "registered_name": None} if document.format.native else made
