from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.target import Target

DEFAULT = "serving_default"
EXPORT = Repair("model.export(folder) writes a SavedModel with the signature serving_default", safety=Safety.ADVICE)


@check("K905", Severity.WARNING, mild=Severity.INFO, since="0.1.0")
def missing_serving_signature(document: Document, target: Target) -> Iterator[Finding]:
    """Nothing in the model can be called by a server: there is no signature, or none that it looks for.

    TensorFlow Serving answers "Serving signature name: "serving_default" not found in signature def" for a SavedModel that was saved
    without one (a plain ``tf.Module``, ``tf.saved_model.save`` without ``signatures``). A ``.keras`` archive or ``.h5`` never has one: an
    info. Told with ``--for serving``.

    The cure is the export: ``model.export("folder/1")`` writes the program with its signature.
    """
    if target.purpose != "serving":
        return
    for at, fault in document.faults_of(FaultKind.OTHER_FORMAT):
        signatures = fault.detail.get("signatures")
        if fault.detail.get("content") == "saved-model" and signatures is not None and DEFAULT not in signatures:
            known = ", ".join(repr(name) for name in list(signatures)[:3])
            yield Finding(at, f"the SavedModel has no signature {DEFAULT!r}" + (f", only {known}" if known else ""), repair=EXPORT)
    if document.config is not ABSENT:
        told = "the file holds a model, and no program with a signature that a server could call"
        yield Finding(Pointer("file"), told, repair=EXPORT, mild=True)
