from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import Document
from kdoctor.security.aliases import going_by
from kdoctor.security.guards import judged
from kdoctor.target import Target


@check("K809", Severity.ERROR, since="0.1.0")
def external_saved_model(document: Document, target: Target) -> Iterator[Finding]:
    """A layer loads a SavedModel from a folder outside the file: TFSMLayer.

    The file holds the folder's path, not the graph; what stands there decides what runs (CVE-2026-1462), and a SavedModel is a program.
    Keras 3.12.1 and later refuse the layer in safe mode. Named as a function, it is called with what the file holds for it: Keras 3.0 to 3.8 opened
    the folder then.
    """
    for _, node in going_by(document, ("TFSMLayer",)):
        path = node.config.get("filepath")
        told = (
            f"{node.name!r} runs the SavedModel in {path!r}" if path is not None else "is called with the path of a SavedModel that it runs"
        )
        yield Finding(
            node.at,
            f"TFSMLayer {told}, which is not in the file{judged(target, 'saved-model-path')}",
            needs=(Need("FILE", str(path), "the graph is not in the file, only where it was loaded from"),),
            layer=node.name,
            keras_says="ValueError: Requested the deserialization of a `TFSMLayer`, which loads an external SavedModel.",
        )
