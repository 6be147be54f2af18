"""Looks at the numbers themselves, which an inspection does not: in a confined child process, because only libhdf5 reads them all."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from kdoctor.archive.shards import MAP
from kdoctor.archive.writing.container_change import opened_sources
from kdoctor.archive.writing.h5_container import run_hdf5
from kdoctor.document import Document, Fault
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind
from kdoctor.numbers import Numbers

Progress = Callable[[int, int], None]  # is told how many bytes are done, and of how many


def with_numbers_seen(document: Document, progress: Progress | None = None) -> Document:
    """The same document with what was seen, and with a fault for every array that holds NaN or infinity.

    Raises `WriteError` when the numbers cannot be read. Costs a process, and time in proportion to the weights.
    """
    seen = measured(document, progress)
    faults = dict(document.faults)
    for path, numbers in seen.items():
        if numbers.wrong:
            detail = {"name": path, "count": numbers.wrong, "of": numbers.count}
            faults[max(faults, default=-1) + 1] = Fault(FaultKind.NON_FINITE.value, "weights", detail)
    return document.replacing({**document.parts, "faults": faults, "numbers": seen}) if seen else document


def measured(document: Document, progress: Progress | None = None) -> Mapping[str, Numbers]:
    """Path -> what its numbers are, for every array that holds numbers. Raises `WriteError` when they cannot be read."""
    if document.origin is None or not document.weights:
        return {}
    if document.file.get("content") == MAP:
        raise WriteError("the numbers of split weights are not read together: name the shards, one by one")
    if document.faults_of(FaultKind.SHAPE_BOMB):
        raise WriteError("the numbers are not looked at: the arrays declare far more of them than the file holds")
    total = sum(weight.bytes for weight in document.weights.values())
    watch = None if progress is None else lambda line: progress(min(int(line), total), total) if line.isdigit() else None
    checked = bool(document.faults_of(FaultKind.CRC_MISMATCH))  # then the weights are not what was saved
    with (
        tempfile.TemporaryDirectory() as folder,
        opened_sources(document, document.origin, Path(folder), {}, checked=checked) as (places, _),
    ):
        asked = {"sources": [[str(place.path.absolute()), place.start, place.size] for place in places], "paths": list(document.weights)}
        size = sum(place.size for place in places)
        found = run_hdf5("measure_numbers", json.dumps(asked).encode(), size, "read", watch)["found"]
    return {path: Numbers(*fields) for path, fields in zip(document.weights, found, strict=True) if fields is not None}
