"""Looks at the numbers themselves, which an inspection does not: in a confined child process, because only libhdf5 reads them all."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from kdoctor.archive.writing.container_change import opened_sources
from kdoctor.archive.writing.h5_container import run_hdf5
from kdoctor.document import Document, Fault
from kdoctor.faults import FaultKind


def with_numbers_seen(document: Document) -> Document:
    """The same document, with a fault for every array that holds NaN or infinity.

    Raises `WriteError` when the numbers cannot be read. Costs a process, and time in proportion to the weights.
    """
    if document.origin is None or not document.weights:
        return document
    with tempfile.TemporaryDirectory() as folder, opened_sources(document, document.origin, Path(folder), {}) as (places, _):
        asked = {"sources": [[str(place.path.absolute()), place.start, place.size] for place in places], "paths": list(document.weights)}
        found = run_hdf5("count_numbers", json.dumps(asked).encode(), sum(place.size for place in places), "read")["found"]
    faults = dict(document.faults)
    for path, count in found.items():
        detail = {"name": path, "count": count, "of": document.weights[path].parameters}
        faults[max(faults, default=-1) + 1] = Fault(FaultKind.NON_FINITE.value, "weights", detail)
    return document.replacing({**document.parts, "faults": faults})
