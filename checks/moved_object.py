from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.keras_api.reader import Resolution, calls
from kdoctor.target import Target


@check("K306", Severity.ERROR, since="0.1.0")
def moved_object(document: Document, target: Target) -> Iterator[Finding]:
    """A class that the target has stands in the file under a module that it has not.

    Files of tf.keras 2.12 to 2.15 name ``keras.src.engine.functional``, files edited by hand ``tensorflow.keras.layers``: "Could not
    deserialize class 'Functional' because its parent module keras.src.engine.functional cannot be imported".

    There is no automatic cure in this release.
    """
    for call in calls(document, target):
        if call.resolution is Resolution.MOVED:
            node = call.node
            yield Finding(
                node.at / "module",
                f"{node.class_name} is looked for in the module {node.module}, which {target} has not, or not with that class",
                keras_says=f"TypeError: Could not deserialize class '{node.class_name}' because its parent module {node.module} cannot be imported.",
            )
