"""Worker processes that examine one file at a time, with a time limit and a memory limit."""

from __future__ import annotations

import json
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import TimeoutError as TaskTimeout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from kdoctor.check import Check
from kdoctor.doctor import NOTHING, examine_file
from kdoctor.engine import Failure, Report, attempt
from kdoctor.errors import PackError
from kdoctor.packs import load_checks
from kdoctor.report.json import report_object
from kdoctor.target import Target

MIB = 2**20


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """What one file may cost: wall-clock seconds, and bytes of address space (enforced on POSIX systems; Windows has no such limit)."""

    seconds: float = 60.0
    memory_bytes: int = 2048 * MIB


_checks: tuple[Check, ...] | PackError = ()  # loaded once in each worker process, before its first file; or why they could not be


def examine_all(files: Sequence[Path], target: Target, jobs: int, limits: WorkerLimits | None = None) -> Iterator[dict[str, Any]]:
    """The report object (see `kdoctor.report.json`) of each file, in the order given.

    A file that dies, hangs or exhausts memory gets verdict ``unknown`` with the reason; the others are not touched by it.
    Workers are started afresh ("spawn"), so nothing depends on ``fork``. Raises `PackError` when the checks cannot be loaded.
    """
    limits = limits or WorkerLimits()
    context = multiprocessing.get_context("spawn")
    with ProcessPool(max_workers=max(1, min(jobs, len(files))), context=context, initializer=_start, initargs=(limits,)) as pool:
        futures = [pool.schedule(_examine, args=(path, target), timeout=limits.seconds) for path in files]
        try:
            for path, future in zip(files, futures, strict=True):
                try:
                    yield json.loads(future.result())
                except TaskTimeout:
                    yield _lost(path, target, Failure("archive", f"not finished after {limits.seconds:g} seconds"))
                except ProcessExpired as error:
                    yield _lost(path, target, Failure("archive", f"the worker process died (exit code {error.exitcode})"))
        finally:
            for future in futures:
                future.cancel()  # type: ignore[no-untyped-call]


def _start(limits: WorkerLimits) -> None:
    global _checks
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        bound = limits.memory_bytes if hard == resource.RLIM_INFINITY else min(limits.memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        _checks = load_checks()
    except PackError as error:
        _checks = error


def _examine(path: Path, target: Target) -> str:
    """The report object of one file, as text; whatever goes wrong in making it is that file's failure, not the scan's."""
    checks = _checks
    if isinstance(checks, PackError):
        raise checks
    found = attempt("report", lambda: json.dumps(report_object(examine_file(path, target, checks))))
    return json.dumps(_lost(path, target, found)) if isinstance(found, Failure) else found


def _lost(path: Path, target: Target, failure: Failure) -> dict[str, Any]:
    return report_object(Report(str(path), NOTHING, target, failures=(failure,)))
