from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Severity, check
from kdoctor.document import Document, Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.security.aliases import going_by
from kdoctor.security.guards import falls_for, judged
from kdoctor.target import Target

LAYER, TRIGGER = "TFSMLayer", "saved-model-path"


@check("K809", Severity.ERROR, since="0.1.0")
def external_saved_model(document: Document, target: Target) -> Iterator[Finding]:
    """A layer loads a SavedModel from a folder outside the file: TFSMLayer.

    The file holds the folder's path, not the graph; what stands there decides what runs (CVE-2026-1462), and a SavedModel is a program.
    Keras 3.12.1 and later refuse the layer in safe mode, in an ``.h5``, too; earlier ones load the folder: "SavedModel file does not exist at: …"
    where it is not there. Keras 2 has no such layer. Named as a function, it is called with what the file holds for it: Keras 3.0 to 3.8 opened
    the folder then.
    """
    for _, node in going_by(document, (LAYER,)):
        path = node.config.get("filepath")
        told = (
            f"{node.name!r} runs the SavedModel in {path!r}" if path is not None else "is called with the path of a SavedModel that it runs"
        )
        known = Catalogue.load(target.release, target.family).resolve("keras.layers", LAYER) is not None
        yield Finding(
            node.at,
            f"TFSMLayer {told}, which is not in the file{judged(target, TRIGGER) if known else ''}",
            needs=(Need("FILE", str(path), "the graph is not in the file, only where it was loaded from"),),
            layer=node.name,
            keras_says=_keras_says(path, target) if known else None,
        )


def _keras_says(path: Json, target: Target) -> str:
    """Run with an .h5 in 3.0.5, 3.3.3, 3.8.0, 3.12.0 and 3.15.1."""
    if falls_for(target, TRIGGER):
        return f"OSError: SavedModel file does not exist at: {path}/{{saved_model.pbtxt|saved_model.pb}}"
    return "ValueError: Requested the deserialization of a `TFSMLayer`, which loads an external SavedModel."
