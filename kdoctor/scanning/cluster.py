"""The same work on a Dask cluster: its workers list folders and examine files, each file in a process with limits as on one machine.

A worker that is lost gives its batches back to the scheduler. Nothing but what `kdoctor.scanning.examination` does is sent there.
"""

from __future__ import annotations

import logging
import multiprocessing
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Protocol

from kdoctor import __version__
from kdoctor.archive import Place
from kdoctor.errors import UsageError
from kdoctor.scanning.crew import Batch, LocalCrew, Lost, OwnCrew
from kdoctor.scanning.files import Shelf, shelf
from kdoctor.scanning.job import Examined, Job
from kdoctor.scanning.safe_path import safe_path
from kdoctor.scanning.workers import found_by

LISTED_AHEAD = 64  # folders whose lists are asked for before they are needed
WAIT_SECONDS = 60.0  # for the first worker
RETRIES = 3  # of a task whose worker was lost


class Cluster:
    """A connection to a scheduler. ``crew`` is a crew on its workers, ``search`` finds models with their help.

    kind: what examines in each worker; in workers that do nothing else, it may be `OwnCrew`.
    """

    def __init__(self, client: Any, kind: type[LocalCrew] = LocalCrew) -> None:
        self._client = client
        self._kind = kind

    def crew(self, jobs: int, job: Job) -> ClusterCrew:
        """All workers, however many jobs were asked for."""
        return ClusterCrew(self._client, job, self._kind)

    def search(self, folder: Place) -> Iterator[Shelf]:
        """The shelves below a folder, in the order of `kdoctor.scanning.files.searched`: each list is a task, asked for ahead."""
        waiting: list[tuple[Place, Any]] = [(folder, None)]
        while waiting:
            for position in range(len(waiting) - 1, max(-1, len(waiting) - 1 - LISTED_AHEAD), -1):
                place, future = waiting[position]
                if future is None:
                    waiting[position] = place, self._client.submit(shelf_there, place, pure=False, retries=RETRIES)
            place, future = waiting.pop()
            found: Shelf = future.result()
            yield found
            waiting += [(inner, None) for inner in reversed(list(found.folders))]


class ClusterCrew:
    """Every thread of every worker examines a batch at a time. To be used as a context manager."""

    def __init__(self, client: Any, job: Job, kind: type[LocalCrew] = LocalCrew) -> None:
        self._kind = kind
        self.size = max(1, sum(client.nthreads().values()))
        self._client = client
        self._job = job
        self._scan = uuid.uuid4().hex

    def __enter__(self) -> ClusterCrew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def take(self, places: Sequence[Place]) -> Batch:
        what = (self._job, list(places), self._scan, __version__, self._kind)
        return _ClusterBatch(self._client.submit(examine_there, *what, pure=False, retries=RETRIES))


class _Future(Protocol):
    def result(self) -> list[Examined]: ...

    def cancel(self) -> None: ...


class _ClusterBatch:
    def __init__(self, future: _Future) -> None:
        self._future = future

    def result(self) -> list[Examined]:
        from distributed.scheduler import KilledWorker

        try:
            return self._future.result()
        except KilledWorker:
            raise Lost("every worker that examined it was lost") from None

    def cancel(self) -> None:
        self._future.cancel()


@contextmanager
def connected(address: str, jobs: int) -> Iterator[Cluster]:
    """The cluster at an address, or with ``local`` one of so many workers that lives as long as the scan. Raises `UsageError`."""
    try:
        import dask
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError(f"--cluster needs Dask: pip install 'kdoctor[dask]' ({error})") from None
    if address == "local":
        with (
            safe_path(),  # as long as workers may be started, or started again
            dask.config.set({"distributed.worker.daemon": False, "distributed.admin.tick.limit": "1h"}),
            LocalCluster(jobs, threads_per_worker=1, memory_limit=0, dashboard_address=None, silence_logs=logging.CRITICAL) as local,
            Client(local) as client,
        ):
            yield Cluster(client, OwnCrew)
        return
    try:
        client = Client(address, timeout=WAIT_SECONDS)
        client.wait_for_workers(1, timeout=WAIT_SECONDS)
    except (OSError, ValueError) as error:  # TimeoutError is an OSError
        raise UsageError(f"--cluster {address}: no scheduler with a worker answers there ({error})") from None
    with client:
        yield Cluster(client)


class _There:
    """What a worker of the cluster keeps between batches: the processes that examine, for one scan at a time."""

    lock = threading.Lock()
    crew: LocalCrew | None = None
    scan: str = ""


def shelf_there(folder: Place) -> Shelf:
    """Run by a worker of the cluster: what stands in one folder, as it can be sent."""
    found = shelf(folder)
    return Shelf(list(found.models), list(found.folders), found.unopened)


def examine_there(job: Job, places: list[Place], scan: str, version: str, kind: type[LocalCrew] = LocalCrew) -> list[Examined]:
    """Run by a worker of the cluster. Raises `UsageError` where it has another kdoctor than the one that asks."""
    if version != __version__:
        raise UsageError(f"a worker of the cluster has kdoctor {__version__}, not {version}")
    return list(found_by(_crew_there(job, scan, kind), places, job))


def _crew_there(job: Job, scan: str, kind: type[LocalCrew]) -> LocalCrew:
    from distributed import get_worker

    with _There.lock:
        if _There.crew is None or _There.scan != scan:
            if _There.crew is not None:
                _There.crew.__exit__(None, None, None)
            # Dask's workers are daemons, which may have no children: those here end with the worker, as daemons of their own
            multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined]
            _There.crew, _There.scan = kind(get_worker().state.nthreads, job), scan
        return _There.crew
