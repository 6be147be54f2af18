"""Classes of the user's own in an ``.h5``, under the name of one of Keras's: the file states the bare name of either."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.document import ABSENT, Document
from kdoctor.edit import Edit, apply
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.keras_api.reader import calls
from kdoctor.saved_release import release_of
from kdoctor.structure.layers import is_model
from kdoctor.structure.objects import FUNCTION
from kdoctor.target import Target

OF_EVERY_LAYER = frozenset({"name", "trainable", "dtype", "activity_regularizer", "batch_input_shape", "dynamic"})


def as_given(document: Document, target: Target) -> Document:
    """The document with such classes marked as an archive marks them: no module of Keras's, and the name that the user gives them under.

    Only those that the user names (``--custom``) count, since ``load_model`` goes by that name before it looks into Keras, and of them
    only what the class of Keras of that name would not have written.
    """
    if document.format.native or not target.custom:
        return document
    edits = tuple(_marks(document, target))
    return apply(document, edits) if edits else document


def _marks(document: Document, target: Target) -> Iterator[Edit]:
    own = Catalogue.load(target.release, target.family)
    for call in calls(document, target):
        node = call.node
        if (
            node.class_name not in target.custom
            or node.class_name == FUNCTION
            or "module" in node.raw
            or is_model(node)
            or call.kind != "layer"
        ):
            continue
        if own.legacy("layer", node.class_name) is not None and not _as_keras_writes_it(document, node.class_name, frozenset(node.config)):
            yield Edit(node.at / "module", old=ABSENT, new=None)
            yield Edit(node.at / "registered_name", old=node.raw.get("registered_name", ABSENT), new=node.class_name)


def _as_keras_writes_it(document: Document, class_name: str, given: frozenset[str]) -> bool:
    """Whether the Keras that saved the file would write such a config for its own class; true where that Keras is not known."""
    saved_by = release_of(document)
    if saved_by is None:
        return True
    found = Catalogue.load(".".join(map(str, saved_by))).legacy("layer", class_name)
    if found is None:
        return False  # it had no class of that name
    own = frozenset(found.config_keys) - OF_EVERY_LAYER
    return given <= own | OF_EVERY_LAYER and 2 * len(own & given) >= len(own)  # some are written at times alone
