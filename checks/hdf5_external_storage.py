from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.target import Target


@check("K804", Severity.ERROR, since="0.1.0")
def hdf5_external_storage(document: Document, target: Target) -> Iterator[Finding]:
    """The HDF5 structure leads out of the file, or back into itself.

    External links, external storage and virtual datasets make a reader open other files of the machine as weights (CVE-2026-1669,
    CVE-2026-9335, CVE-2026-12480); links in a circle never end. No Keras writes any of them, and Keras 3.15 refuses all, harmless
    soft links too: "Not allowed: H5 file with SoftLink". kdoctor looks at links and follows none.
    """
    for at, fault in document.faults_of(FaultKind.HDF5_LINK):
        name, link = fault.detail.get("name"), fault.detail.get("link")
        article, to = "an" if link == "external" else "a", fault.detail.get("to")
        file = f" in the file {fault.detail['file']!r}" if fault.detail.get("file") else ""
        yield Finding(at, f"{name!r} is {article} {link} link to {to!r}{file}, where Keras stores an array or a group")
    for at, fault in document.faults_of(FaultKind.HDF5_EXTERNAL_STORAGE):
        files = ", ".join(repr(file) for file in list(fault.detail.get("files") or ())[:3])
        yield Finding(at, f"the numbers of {fault.detail.get('name')!r} are to be read from other files: {files}")
    for at, fault in document.faults_of(FaultKind.HDF5_VIRTUAL):
        yield Finding(at, f"{fault.detail.get('name')!r} is a virtual dataset, made up from other datasets or files")
