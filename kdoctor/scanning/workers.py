"""Many files through a crew: batches go out ahead, reports come home in the order of the files, and no more than a few are ever held."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from kdoctor.engine import Failure
from kdoctor.scanning.crew import Batch, Crew, LocalCrew, Lost
from kdoctor.scanning.examination import Examined, Job, WorkerLimits, lost
from kdoctor.target import Target

LARGEST_BATCH = 16  # files that travel together: on the way to a worker, each batch costs what examining half a file does
AHEAD = 16  # batches for each worker that wait or are worked on: a file that takes its whole time must not stop the other workers
GROWTH = 4  # batches for each worker between two sizes: the first files go out alone, so that few files keep all workers busy


def examine_all(files: Iterable[Path], target: Target, jobs: int, limits: WorkerLimits | None = None) -> Iterator[dict[str, Any]]:
    """The report object (see `kdoctor.report.json`) of each file, in the order given, as soon as it and those before it are known.

    A file that dies, hangs or exhausts memory gets verdict ``unknown`` with the reason; the others are not touched by it. The files are
    asked for as the workers need them. Raises `PackError` when the checks cannot be loaded.
    """
    job = Job(target, limits or WorkerLimits())
    rest = iter(files)
    if not (first := list(islice(rest, jobs))):
        return
    with LocalCrew(len(first), job) as crew:
        for examined in in_order(chain(first, rest), crew, job):
            yield json.loads(examined.report)


def in_order(files: Iterable[Path], crew: Crew, job: Job) -> Iterator[Examined]:
    """What the crew finds in each file, in the order of the files."""
    waiting: deque[tuple[list[Path], Batch]] = deque()
    try:
        for places in batches(files, crew.size):
            waiting.append((places, crew.take(places)))
            if len(waiting) >= AHEAD * crew.size:
                yield from _home(*waiting.popleft(), crew, job)
        while waiting:
            yield from _home(*waiting.popleft(), crew, job)
    finally:
        for _, batch in waiting:
            batch.cancel()


def batches(files: Iterable[Path], workers: int) -> Iterator[list[Path]]:
    """The files in batches of 1, then 2, 4 and so on."""
    size, sent, places = 1, 0, []
    for file in files:
        places.append(file)
        if len(places) == size:
            yield places
            places, sent = [], sent + 1
            if size < LARGEST_BATCH and sent % (GROWTH * workers) == 0:
                size *= 2
    if places:
        yield places


def _home(places: list[Path], batch: Batch, crew: Crew, job: Job) -> Iterator[Examined]:
    """What was found in a batch; if the batch is lost, its files are examined alone, so that none suffers for another."""
    try:
        yield from batch.result()
    except Lost as error:
        if len(places) == 1:
            yield lost(places[0], job.target, Failure("archive", str(error)))
            return
        alone = [([place], crew.take([place])) for place in places]
        for one in alone:
            yield from _home(*one, crew, job)
