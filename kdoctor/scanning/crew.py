"""Who examines the files of a scan: what every crew can do, and the crew of worker processes on this machine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

from kdoctor.archive import Place
from kdoctor.errors import UsageError
from kdoctor.scanning.job import Examined, Job
from kdoctor.scanning.safe_path import safe_path

if TYPE_CHECKING:
    from pebble import ProcessFuture, ProcessPool


UNGUARDED = (
    "no worker process could be started: each begins by importing the script that asked for it, "
    "which has to call kdoctor under: if __name__ == '__main__':"
)


class Lost(Exception):
    """A batch that a crew could not bring home; the text says why."""


class Batch(Protocol):
    """Files that were given to a crew together."""

    def result(self) -> list[Examined]:
        """Wait for what was found, in the order given. Raises `Lost`, and `UsageError` where no worker can be started."""

    def cancel(self) -> None:
        """Stop caring about it."""


class Crew(Protocol):
    """Takes batches of files. ``size``: how many it works on at a time."""

    size: int

    def take(self, places: Sequence[Place]) -> Batch: ...


class LocalCrew:
    """Worker processes, kept warm; one that dies or hangs is replaced. To be used as a context manager.

    They are started afresh, so that nothing depends on what this process has done: on Linux by a server that has imported kdoctor once,
    elsewhere ("spawn") each for itself. What they import must not come from the folder that the user stands in: see `safe_path`.
    """

    def __init__(self, jobs: int, job: Job) -> None:
        self.size = max(1, jobs)
        self._seconds = job.limits.seconds
        self._job = job
        self._pool: ProcessPool | None = None
        self._held = ExitStack()  # until the workers are gone

    def __enter__(self) -> LocalCrew:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.stop()  # type: ignore[no-untyped-call]
            self._pool.join()
        self._held.close()

    def take(self, places: Sequence[Place]) -> Batch:
        from kdoctor.scanning.examination import examine_batch

        self._pool = self._pool or self._started()
        return _LocalBatch(self._pool.schedule(examine_batch, args=(places,), timeout=self._seconds), self._seconds)

    def _started(self) -> ProcessPool:
        """Not before a file is to be examined: a scan that finds all in its cache starts nobody."""
        import multiprocessing

        from pebble import ProcessPool

        from kdoctor.scanning.examination import start

        context: Any = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
        if sys.platform == "linux":
            from multiprocessing import forkserver

            with safe_path():
                forkserver.ensure_running()
        return ProcessPool(max_workers=self.size, context=context, initializer=start, initargs=(self._job,))


class _LocalBatch:
    def __init__(self, future: ProcessFuture[list[Examined]], seconds: float) -> None:
        self._future = future
        self._seconds = seconds

    def result(self) -> list[Examined]:
        from concurrent.futures import TimeoutError as TaskTimeout
        from concurrent.futures.process import BrokenProcessPool

        from pebble import ProcessExpired

        try:
            return self._future.result()
        except TaskTimeout:
            raise Lost(f"not finished after {self._seconds:g} seconds") from None
        except BrokenProcessPool:
            raise UsageError(UNGUARDED) from None
        except ProcessExpired as error:
            raise Lost(f"the worker process died (exit code {error.exitcode})") from error

    def cancel(self) -> None:
        self._future.cancel()  # type: ignore[no-untyped-call]


class OwnCrew(LocalCrew):
    """The crew of a program of our own, which may prepare what there is one of: the environment, and the server of worker processes.

    On Linux the server that workers are forked from imports what they need before the first is asked for.
    """

    def _started(self) -> ProcessPool:
        if sys.platform == "linux":
            import multiprocessing

            multiprocessing.get_context("forkserver").set_forkserver_preload(["kdoctor.scanning.preloaded"])
        else:
            self._held.enter_context(safe_path())
        return super()._started()
