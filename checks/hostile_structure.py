from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document
from kdoctor.faults import FaultKind
from kdoctor.target import Target

DEPTHS = {"json_depth": "levels of nesting in JSON", "json_values": "values in one JSON part", "hdf5_depth": "levels of HDF5 groups"}


@check("K810", Severity.ERROR, since="0.1.0")
def hostile_structure(document: Document, target: Target) -> Iterator[Finding]:
    """The file is built to exhaust or to mislead its readers.

    JSON nested thousands of levels deep, HDF5 groups nested without end, the same key twice in one JSON object so that one reader
    sees one value and another reader the other. No Keras writes any of these.
    """
    for at, fault in document.faults_of(FaultKind.LIMIT):
        limit = fault.detail.get("limit")
        if limit in DEPTHS:
            yield Finding(at, f"more than {fault.detail.get('allowed'):,} {DEPTHS[limit]} ({fault.part})")
    for at, fault in document.faults_of(FaultKind.JSON_DUPLICATE_KEYS):
        keys = ", ".join(repr(key) for key in list(fault.detail.get("keys") or ())[:3])
        yield Finding(at, f"the same key stands twice in one JSON object ({keys}): readers disagree on what the file says")
