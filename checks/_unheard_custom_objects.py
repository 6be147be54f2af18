"""Layers of the user's own in an ``.h5``, for releases whose reader of such files hands them none of the ``custom_objects``."""

from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need
from kdoctor.custom.custom_objects import hears_no_custom_objects, plain_name, sought
from kdoctor.document import Document
from kdoctor.keras_api.reader import Resolution, calls
from kdoctor.target import Target


def unheard_custom_objects(document: Document, target: Target) -> Iterator[Finding]:
    """Keras 3.0 to 3.2 find a class that is registered, or in a ``custom_object_scope``, and no other; in an archive they heed what is given.

    Run in 3.0.5, 3.2.1, 3.3.3 and 3.15.1: Functional, Sequential, and a class in a TimeDistributed.
    """
    seen: set[str] = set()
    for call in calls(document, target) if target.custom and hears_no_custom_objects(document, target) else ():
        node, name = call.node, sought(call.node, document, target)
        definition = target.given.code.get(plain_name(node))
        registered = definition.registered is not None if definition else ">" in name
        if call.kind != "layer" or call.resolution is not Resolution.GIVEN or registered or not node.at.keys or name in seen:
            continue
        seen.add(name)
        yield Finding(
            node.at,
            f"the reader of an .h5 of {target} finds no layer by custom_objects: {plain_name(node)} has to be registered, by "
            "@keras.saving.register_keras_serializable() above it, or the file loaded within "
            f"keras.saving.custom_object_scope({{{name!r}: {plain_name(node)}}})",
            needs=(Need("--custom", "FILE.py", f"{plain_name(node)} with @keras.saving.register_keras_serializable() above it"),),
            keras_says=f"ValueError: Unknown layer: '{node.class_name}'. Please ensure you are using a `keras.utils.custom_object_scope`",
        )
