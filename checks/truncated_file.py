from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Safety, Severity, check, remove_faults
from kdoctor.document import Document, Fault
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.target import Target

from ._keras_says import cannot_open


@check("K103", Severity.ERROR, since="0.1.0")
def truncated_file(document: Document, target: Target) -> Iterator[Finding]:
    """The end of the file is missing, or a part before its end.

    An interrupted download or copy, or a disk that was full. HDF5 states its own length ("truncated file: eof = 13100, …
    stored_eof = 26200"); a zip keeps its directory at the very end, so that Keras says "File not found". A directory that points beside every member is worth as much as none.

    When only the zip directory is lost and every member is whole by its checksum, the cure writes the archive anew; HDF5 of which every
    array ends before the cut is written anew, too. When weights are lost there is no cure: a model with made-up weights would be a lie.
    ``--partial`` writes what survived all the same: a model in which every lost number is NaN, with the list of what was lost.
    Where bytes are missing before the end, every array is on that list: nobody knows from where on they are others.
    """
    for at, fault in document.faults_of(FaultKind.TRUNCATED):
        yield Finding(at, _message(fault), repair=_repair(document, at, fault), keras_says=_keras_says(document, fault))


def _message(fault: Fault) -> str:
    present, expected = fault.detail.get("present"), fault.detail.get("expected")
    where = "" if fault.part == "file" else f" in {fault.part}"
    if isinstance(present, int) and isinstance(expected, int):
        share = (
            f"{expected - present:,} of {expected:,} bytes are missing {'within it' if fault.detail.get('within') else 'at the end'}{where}"
        )
    elif fault.detail.get("misled"):
        share = f"the directory of the archive{where} points beside its members"
    elif fault.detail.get("content") == "hdf5":
        share = f"all but the first {present} bytes are missing{where}"
    else:
        share = f"the end is missing{where}: the archive has no directory"
    if fault.detail.get("complete"):
        return f"{share}; every part was recovered whole"
    lost = ", ".join(fault.detail.get("lost") or ())
    return share + (f"; lost: {lost}" if lost else "")


def _repair(document: Document, at: Pointer, fault: Fault) -> Repair:
    if fault.detail.get("complete") and fault.detail.get("content") == "zip":
        return remove_faults("write the archive anew with its directory", (at, fault))
    if fault.detail.get("complete") and fault.detail.get("content") == "hdf5" and _all_there(document):
        return remove_faults("write the file anew: every array of it ends before the cut", (at, fault))
    return Repair(
        "download or copy the file again: what is missing cannot be made up (--partial keeps what is there)", safety=Safety.ADVICE
    )


def _all_there(document: Document) -> bool:
    """HDF5 has no checksum that proves it: what tells is where each array begins and ends, so none may be stored in pieces."""
    return bool(document.weights) and all(weight.start >= 0 or not weight.parameters for weight in document.weights.values())


def _keras_says(document: Document, fault: Fault) -> str:
    present, expected = fault.detail.get("present"), fault.detail.get("expected")
    if fault.detail.get("content") == "hdf5" and isinstance(expected, int):
        return (
            f"OSError: Unable to synchronously open file (truncated file: eof = {present}, sblock->base_addr = 0, stored_eof = {expected})"
        )
    if fault.detail.get("content") == "hdf5":
        return "OSError: Unable to synchronously open file"
    return cannot_open(document)
