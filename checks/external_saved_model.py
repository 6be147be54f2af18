from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import Document
from kdoctor.security.guards import judged
from kdoctor.structure.objects import objects_named
from kdoctor.target import Target


@check("K809", Severity.ERROR, since="0.1.0")
def external_saved_model(document: Document, target: Target) -> Iterator[Finding]:
    """A layer loads a SavedModel from a folder outside the file: TFSMLayer.

    The file holds the folder's path, not the graph; what stands there decides what runs (CVE-2026-1462), and a SavedModel is a program.
    Keras 3.12.1 and later refuse the layer in safe mode.
    """
    for node in objects_named(document, ("TFSMLayer",)):
        path = node.config.get("filepath")
        yield Finding(
            node.at,
            f"TFSMLayer {node.name!r} runs the SavedModel in {path!r}, which is not in the file{judged(target, 'saved-model-path')}",
            needs=(Need("FILE", str(path), "the graph is not in the file, only where it was loaded from"),),
            layer=node.name,
            keras_says="ValueError: Requested the deserialization of a `TFSMLayer`, which loads an external SavedModel.",
        )
