from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Need, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import Document, Fault
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.target import Target

HIDDEN_END = "ValueError: File not found: … Please ensure the file is an accessible `.keras` zip file. (or BadZipFile)"


@check("K109", Severity.ERROR, mild=Severity.INFO, since="0.1.0")
def damaged_archive(document: Document, target: Target) -> Iterator[Finding]:
    """Bytes of the archive are not what they were, or bytes stand before or after it that do not belong.

    A member whose checksum does not fit is refused by Keras ("Bad CRC-32 for file 'model.weights.h5'"); nobody can tell which
    bytes are wrong, so there is no cure; ``--partial`` writes it all the same, and lists its arrays as not proven. Of metadata.json it is an
    info: Keras does not open it. Bytes before or after a whole archive are harmless to Keras's zip reader: an info,
    and cut off when the file is written anew. More than 65,536 bytes behind it, or what looks like the end of another archive, keep that reader
    from finding the end: an error with the same cure. Before HDF5 content they are harmless only where HDF5 allows a user block:
    of 512, 1024, 2048 … bytes; elsewhere it finds nothing ("file signature not found"), and the cure cuts them off.

    Checksums of members larger than 8 MiB are computed with ``--deep``, which reads all numbers anyway, and when the file is repaired.
    """
    for at, fault in document.faults_of(FaultKind.CRC_MISMATCH):
        name, unread = fault.detail.get("name"), fault.part == "metadata"
        yield Finding(
            at,
            f"the content of {name!r} does not fit its checksum: at least one bit has changed since it was saved"
            + ("; Keras does not open it" if unread else ""),
            repair=Repair("get the file again; nobody can tell which numbers are wrong", safety=Safety.ADVICE),
            needs=() if unread else (Need("FILE", "an undamaged copy", f"{name} is damaged"),),
            keras_says=None if unread else f"BadZipFile: Bad CRC-32 for file '{name}'",
            mild=unread,
        )
    for at, fault in document.faults_of(FaultKind.LEADING_BYTES, FaultKind.TRAILING_BYTES):
        where = "before" if fault.kind == FaultKind.LEADING_BYTES else "after"
        if fault.detail.get("content") == "hdf5":
            yield _hidden(document, at, fault)
            continue
        hide = bool(fault.detail.get("hide"))
        yield Finding(
            at,
            f"{fault.detail.get('count'):,} bytes that do not belong stand {where} the archive"
            + (", and hide its end from Python's zip reader" if hide else ""),
            repair=remove_faults(f"cut off the bytes {where} it", (at, fault)),
            keras_says=HIDDEN_END if hide else None,
            mild=not hide,
        )


def _hidden(document: Document, at: Pointer, fault: Fault) -> Finding:
    what = "model.weights.h5" if document.format.native else "the file"
    begins = f", which begin with {fault.detail['head']!r}," if fault.detail.get("head", "").strip(" .") else ""
    return Finding(
        at,
        f"{fault.detail.get('count'):,} bytes{begins} stand before the HDF5 content of {what}: HDF5 looks for it at 0, 512, 1024, … alone",
        repair=remove_faults("cut off the bytes before it", (at, fault)),
        keras_says="OSError: Unable to synchronously open file (file signature not found)",
    )
