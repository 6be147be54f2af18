"""Looks at the numbers themselves, which an inspection does not.

Arrays that stand in one piece are read here, in one pass over the bytes, without any library that could crash on them. The few that are
packed or scattered are read by libhdf5, in a confined child process.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from kdoctor.archive.measuring.contents import Content, opened_contents
from kdoctor.archive.writing.h5_container import run_hdf5
from kdoctor.document import Document, Fault, Weight
from kdoctor.dtypes import NUMBERS
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind
from kdoctor.numbers import Numbers

if TYPE_CHECKING:
    from kdoctor.archive.measuring.sweep import Placed

METRICS = "metrics/"  # what they hold after training counts for nothing: they begin anew
Progress = Callable[[int, int], None]  # is told how many bytes are done, and of how many


@dataclass(slots=True)
class Seen:
    """What a look at the numbers found: path -> numbers, and members whose content does not fit their checksum."""

    numbers: dict[str, Numbers] = field(default_factory=dict)
    damaged: list[Fault] = field(default_factory=list)


def with_numbers_seen(document: Document, progress: Progress | None = None) -> Document:
    """The same document with what was seen, and with a fault for every array that holds NaN or infinity, and for every damaged member.

    Raises `WriteError` when the numbers cannot be read. Costs time in proportion to the weights.
    """
    seen = _look(document, progress)
    known = {fault.detail.get("name") for _, fault in document.faults_of(FaultKind.CRC_MISMATCH)}
    wrong = [(path, numbers) for path, numbers in seen.numbers.items() if numbers.wrong and not path.startswith(METRICS)]
    found = [fault for fault in seen.damaged if fault.detail["name"] not in known]
    found += [
        Fault(FaultKind.NON_FINITE.value, "weights", {"name": path, "count": numbers.wrong, "of": numbers.count}) for path, numbers in wrong
    ]
    faults = {key: fault for key, fault in document.faults.items() if not fault.detail.get("glance")}  # which is not needed any more
    faults |= dict(enumerate(found, max(document.faults, default=-1) + 1))
    return document.replacing({**document.parts, "faults": faults, "numbers": seen.numbers}) if seen.numbers or found else document


def measured(document: Document, progress: Progress | None = None) -> Mapping[str, Numbers]:
    """Path -> what its numbers are, for every array that holds numbers. Raises `WriteError` when they cannot be read."""
    return _look(document, progress).numbers


def _look(document: Document, progress: Progress | None) -> Seen:
    if document.origin is None or not document.weights:
        return Seen()
    if document.faults_of(FaultKind.SHAPE_BOMB):
        raise WriteError("the numbers are not looked at: the arrays declare far more of them than the file holds")
    if any(not fault.detail.get("complete") for _, fault in document.faults_of(FaultKind.TRUNCATED)):
        raise WriteError("the numbers are not looked at: they are not all there")
    with tempfile.TemporaryDirectory() as folder, opened_contents(document, document.origin, Path(folder)) as contents:
        found = _Look(document.weights, progress).at(contents)
    found.numbers = {path: found.numbers[path] for path in document.weights if path in found.numbers}
    return found


class _Look:
    """One look at the arrays of a document, with its progress."""

    def __init__(self, weights: Mapping[str, Weight], progress: Progress | None) -> None:
        self._weights = weights
        self._total = sum(weight.bytes for weight in weights.values())
        self._progress = progress or (lambda done, total: None)
        self._done = 0

    def at(self, contents: Sequence[Content]) -> Seen:
        seen = Seen()
        for content in contents:
            self._sweep(content, seen, with_arrays=len(contents) == 1)  # shards do not tell which array is in which
        left = [path for path, weight in self._weights.items() if path not in seen.numbers and _holds_numbers(weight)]
        seen.numbers |= self._aside(contents, left) if left else {}
        return seen

    def _sweep(self, content: Content, seen: Seen, *, with_arrays: bool) -> None:
        from kdoctor.archive.measuring.sweep import sweep  # brings numpy

        placed = dict(self._placed(content)) if with_arrays else {}
        unchecked = content.expected is not None and content.found is None
        with open(content.path, "rb", buffering=0) as file:
            swept = sweep(file, content.start, content.size, [*placed.values()], whole=unchecked, told=self._tell)
        seen.numbers |= dict(zip(placed, swept.numbers, strict=True))
        self._done += sum(array.end - array.start for array in placed.values())
        checksum = content.found if content.found is not None else swept.checksum
        if content.expected is not None and checksum != content.expected:
            detail = {"name": content.member, "expected": content.expected, "found": checksum}
            seen.damaged.append(Fault(FaultKind.CRC_MISMATCH.value, "weights", detail))

    def _placed(self, content: Content) -> Iterator[tuple[str, Placed]]:
        """The arrays that one pass can read: all but those that share bytes with others."""
        from kdoctor.archive.measuring.sweep import Placed, disjoint

        found = {
            path: Placed(weight.start, weight.dtype, weight.parameters)
            for path, weight in self._weights.items()
            if weight.start >= 0 and weight.dtype in NUMBERS
        }
        good = disjoint([*found.values()], content.size)
        return ((path, array) for (path, array), apart in zip(found.items(), good, strict=True) if apart)

    def _tell(self, done: int) -> None:
        if done:
            self._progress(min(self._done + done, self._total), self._total)

    def _hear(self, line: str) -> None:
        self._tell(int(line) if line.isdigit() else 0)

    def _aside(self, contents: Sequence[Content], paths: list[str]) -> dict[str, Numbers]:
        asked = {"sources": [[str(one.path.absolute()), one.start, one.size] for one in contents], "paths": paths}
        size = sum(content.size for content in contents)
        found = run_hdf5("measure_numbers", json.dumps(asked).encode(), size, "read", self._hear)["found"]
        return {path: Numbers(*fields) for path, fields in zip(paths, found, strict=True) if fields is not None}


def _holds_numbers(weight: Weight) -> bool:
    return not weight.dtype.startswith(("str", "bytes", "object", "void"))
