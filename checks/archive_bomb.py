from __future__ import annotations

from collections.abc import Iterator

from kdoctor.check import Finding, Severity, check
from kdoctor.document import Document, Fault
from kdoctor.faults import FaultKind
from kdoctor.security.guards import judged
from kdoctor.target import Target

SIZES = frozenset({"members", "ratio", "total_ratio", "spool_bytes", "memory_bytes", "json_bytes", "attribute_bytes", "datasets"})
WORDS = {
    "members": "entries in the zip directory",
    "ratio": "times its stored size is what a member unpacks to",
    "total_ratio": "times its size is what the archive unpacks to",
    "spool_bytes": "bytes is what a member unpacks to",
    "memory_bytes": "bytes is what a member unpacks to",
    "json_bytes": "bytes of JSON in one part",
    "attribute_bytes": "bytes in one HDF5 attribute",
    "datasets": "arrays in the HDF5 structure",
}


@check("K805", Severity.ERROR, since="0.1.0")
def archive_bomb(document: Document, target: Target) -> Iterator[Finding]:
    """The file claims to hold far more than a model does.

    A small archive that unpacks to gigabytes, a hundred thousand members, a JSON part of a gigabyte: opening it exhausts memory or
    disk. kdoctor stops reading at its limits, says which one, and unpacks nothing.
    """
    for at, fault in document.faults_of(FaultKind.LIMIT):
        if fault.detail.get("limit") in SIZES:
            kind = "zip-bomb-assets" if str(fault.detail.get("name")).startswith("assets/") else "zip-bomb"
            bomb = judged(target, kind, fault.detail.get("size")) if "size" in fault.detail else ""
            yield Finding(at, _message(fault) + bomb)


def _message(fault: Fault) -> str:
    limit, found, allowed = fault.detail.get("limit"), fault.detail.get("found"), fault.detail.get("allowed")
    name = f" ({fault.detail['name']!r})" if fault.detail.get("name") else ""
    shown = f"{found:,}" if isinstance(found, int) else str(found)
    return f"{shown} {WORDS.get(str(limit), str(limit))}{name}: more than the {allowed:,} that kdoctor looks at"
