from __future__ import annotations

import posixpath
from collections.abc import Iterator

from kdoctor.check import Finding, Repair, Severity, check
from kdoctor.document import ABSENT, Document, Fault
from kdoctor.edit import Edit
from kdoctor.faults import FaultKind
from kdoctor.pointer import Pointer
from kdoctor.security.guards import judged
from kdoctor.target import Target


@check("K804", Severity.ERROR, since="0.1.0")
def hdf5_external_storage(document: Document, target: Target) -> Iterator[Finding]:
    """The HDF5 structure leads out of the file, or back into itself.

    External links, external storage and virtual datasets make a reader open other files of the machine as weights (CVE-2026-1669,
    CVE-2026-9335, CVE-2026-12480); links in a circle never end. No Keras writes any of them, and Keras 3.15 refuses all, harmless
    soft links too: "Not allowed: H5 file with SoftLink". kdoctor looks at links and follows none.

    A soft link to an array or a group of the same file is harmless: the cure puts the arrays in its place. Nothing else is cured: what leads out
    of the file was put there by nobody's Keras.
    """
    for at, fault in document.faults_of(FaultKind.HDF5_LINK):
        name, link = fault.detail.get("name"), fault.detail.get("link")
        article, to = "an" if link == "external" else "a", fault.detail.get("to")
        file = f" in the file {fault.detail['file']!r}" if fault.detail.get("file") else ""
        told = f"{name!r} is {article} {link} link to {to!r}{file}, where Keras stores an array or a group{judged(target, 'hdf5-link')}"
        if link == "hard":
            told = f"{name!r} is a second name of a group that has another path, too: no Keras writes two"
        yield Finding(at, told, repair=_in_its_place(document, at, fault))
    for at, fault in document.faults_of(FaultKind.HDF5_EXTERNAL_STORAGE):
        files = ", ".join(repr(file) for file in list(fault.detail.get("files") or ())[:3])
        yield Finding(
            at,
            f"the numbers of {fault.detail.get('name')!r} are to be read from other files: {files}{judged(target, 'hdf5-external-storage')}",
        )
    for at, fault in document.faults_of(FaultKind.HDF5_VIRTUAL):
        told = f"{fault.detail.get('name')!r} is a virtual dataset, made up from other datasets or files{judged(target, 'hdf5-virtual')}"
        yield Finding(at, told)


def _in_its_place(document: Document, at: Pointer, fault: Fault) -> Repair | None:
    """The array, or all of the group, that a soft link of the same file leads to, where the link stood."""
    name, to = str(fault.detail.get("name")), str(fault.detail.get("to"))
    group, _, _ = name.rpartition("/")
    path = posixpath.normpath(posixpath.join(f"/{group}", to)).lstrip("/")  # a relative link starts at its own group
    if fault.detail.get("link") != "soft" or name in document.weights or f"/{name}" in document.attributes:
        return None
    kept = Edit(at, old=fault, new=ABSENT)
    weight = document.weights.get(path)
    if weight is not None:
        return Repair(f"put the array {path!r} in its place", (kept, Edit(Pointer("weights", (name,)), old=ABSENT, new=weight)))
    found = {f"{name}/{inner[len(path) + 1 :]}": one for inner, one in document.weights.items() if inner.startswith(f"{path}/")}
    said = {f"/{name}{inner[len(path) + 1 :]}": one for inner, one in document.attributes.items() if f"{inner}/".startswith(f"/{path}/")}
    if not found or name.startswith(f"{path}/") or path.startswith(f"{name}/"):
        return None
    arrays = (Edit(Pointer("weights", (inner,)), old=ABSENT, new=one) for inner, one in found.items())
    attributes = (Edit(Pointer("attributes", (inner,)), old=ABSENT, new=one) for inner, one in said.items())
    return Repair(f"put the {len(found)} arrays of {path!r} in its place", (kept, *arrays, *attributes))
