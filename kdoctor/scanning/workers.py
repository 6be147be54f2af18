"""Many files through a crew: batches go out ahead, reports come home in the order of the files, and no more than a few are ever held."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import chain, islice
from typing import Any, NamedTuple

from kdoctor.archive import Place
from kdoctor.scanning.crew import Batch, Crew, LocalCrew, Lost
from kdoctor.scanning.identity import signature
from kdoctor.scanning.job import Examined, Job, WorkerLimits
from kdoctor.scanning.memories import Memories
from kdoctor.target import Target
from kdoctor.verdict import Failure

LARGEST_BATCH = 16  # files that travel together: on the way to a worker, each batch costs what examining half a file does
MOST_TOGETHER = 64  # files known already in one batch, and files whose memories are asked for at once
AHEAD = 16  # batches for each worker that wait or are worked on: a file that takes its whole time must not stop the other workers
GROWTH = 4  # batches for each worker between two sizes: the first files go out alone, so that few files keep all workers busy


class Entry(NamedTuple):
    """One file on its way: its signature when it was found, and its report where that is known already."""

    place: Place
    signature: str | None = None
    known: str | None = None


def examine_all(
    files: Iterable[Place],
    target: Target,
    jobs: int,
    limits: WorkerLimits | None = None,
    memories: Memories = Memories(),  # noqa: B008 (a frozen value)
    crews: Callable[[int, Job], AbstractContextManager[Crew]] = LocalCrew,
) -> Iterator[dict[str, Any]]:
    """The report object (see `kdoctor.report.json`) of each file, in the order given, as soon as it and those before it are known.

    A file that dies, hangs or exhausts memory gets verdict ``unknown`` with the reason; the others are not touched by it. The files are
    asked for as the workers need them. ``crews`` makes the crew for so many workers and a job. Raises `PackError` when the checks cannot be loaded.
    """
    cache = memories.cache
    remembers = memories != Memories()
    job = Job(target, limits or WorkerLimits(), remembers, None if cache is None else (cache.path, cache.circumstances))
    rest = iter(files)
    if not (first := list(islice(rest, jobs))):
        return
    with crews(len(first), job) as crew:
        yield from map(json.loads, in_order(chain(first, rest), crew, job, memories))


def in_order(files: Iterable[Place], crew: Crew, job: Job, memories: Memories = Memories()) -> Iterator[str]:  # noqa: B008
    """The texts of the report objects, in the order of the files."""
    waiting: deque[tuple[list[Entry], Batch | None]] = deque()
    try:
        for entries in batches(_entries(files, job, memories), crew.size):
            places = [entry.place for entry in entries if entry.known is None]
            waiting.append((entries, crew.take(places) if places else None))
            if len(waiting) >= AHEAD * crew.size or waiting[0][1] is None:
                yield from _home(*waiting.popleft(), crew, job, memories)
        while waiting:
            yield from _home(*waiting.popleft(), crew, job, memories)
    finally:
        for _, batch in waiting:
            if batch is not None:
                batch.cancel()


def _entries(files: Iterable[Place], job: Job, memories: Memories) -> Iterator[Entry]:
    if not job.remembers:
        yield from map(Entry, files)
        return
    coming = iter(files)
    while places := list(islice(coming, MOST_TOGETHER)):
        signatures = {str(place): status for place in places if (status := signature(place)) is not None}
        known = memories.reports(signatures)
        yield from (Entry(place, signatures.get(str(place)), known.get(str(place))) for place in places)


def batches(entries: Iterable[Entry], workers: int) -> Iterator[list[Entry]]:
    """The files in batches of 1, then 2, 4 and so on that are to be examined; what is known already travels with them."""
    size, sent, asked = 1, 0, 0
    batch: list[Entry] = []
    for entry in entries:
        batch.append(entry)
        asked += entry.known is None
        if asked == size or len(batch) >= MOST_TOGETHER:
            yield batch
            batch, asked, sent = [], 0, sent + 1
            if size < LARGEST_BATCH and sent % (GROWTH * workers) == 0:
                size *= 2
    if batch:
        yield batch


def _home(entries: list[Entry], batch: Batch | None, crew: Crew, job: Job, memories: Memories) -> Iterator[str]:
    """What is known of the files of a batch, and what was found in the others."""
    unknown = [entry.place for entry in entries if entry.known is None]
    found = iter(_found(unknown, batch, crew, job) if batch is not None else ())
    for entry in entries:
        if entry.known is not None:
            yield entry.known
        else:
            examined = next(found)
            if job.remembers:
                memories.keep(entry.place, entry.signature, examined)
            yield examined.report


def found_by(crew: Crew, places: list[Place], job: Job) -> Iterator[Examined]:
    """What the crew finds in a few files."""
    yield from _found(places, crew.take(places), crew, job)


def _found(places: list[Place], batch: Batch, crew: Crew, job: Job) -> Iterator[Examined]:
    """What was found in a batch; if the batch is lost, its files are examined alone, so that none suffers for another."""
    try:
        yield from batch.result()
    except Lost as error:
        if len(places) == 1:
            from kdoctor.scanning.examination import lost

            yield lost(places[0], job.target, Failure("archive", str(error)))
            return
        alone = [([place], crew.take([place])) for place in places]
        for one in alone:
            yield from _found(*one, crew, job)
