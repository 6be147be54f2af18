from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check
from kdoctor.document import ABSENT, Document, Format
from kdoctor.pointer import Pointer
from kdoctor.target import Target

CONVERT = Repair("kdoctor convert FILE --to keras", safety=Safety.ADVICE)


@check("K606", Severity.INFO, since="0.1.0")
def legacy_format(document: Document, target: Target) -> Iterator[Finding]:
    """The model is stored in a form that Keras 3 still reads, and no longer recommends.

    An ``.h5`` is read by a loader that is kept for old files: it does not know every layer, takes some texts for functions, and loses
    the state of what is no layer. "You are saving your model as an HDF5 file … This file format is considered legacy", says Keras 3 when it writes
    one. The ``.keras`` archives of Keras 2.12 to 2.15 are read through names that Keras 3 keeps for their sake.

    Nothing is wrong with such a file, and nothing needs to be done. ``kdoctor convert FILE --to keras`` writes the same model as an archive
    of Keras 3, numbers and optimizer state included, without loading it.
    """
    if not target.keras_3 or document.config is ABSENT:
        return
    saved = document.saved_by()
    if document.format is Format.H5_MODEL:
        yield Finding(Pointer("config"), "the model is an .h5, which Keras 3 reads with a loader for old files", repair=CONVERT)
    elif document.format.native and saved.major == 2:
        yield Finding(
            Pointer("metadata"), f"the archive is one of Keras {saved.keras}, which Keras 3 reads as an older form", repair=CONVERT
        )
