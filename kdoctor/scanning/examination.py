"""What a worker process does: it examines files, one after the other, within limits, and answers in texts.

The module is imported by every worker, so it brings nothing of the pool that started it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Sequence

from kdoctor.archive import Place, RemoteFile, open_document
from kdoctor.archive.shards import MAP
from kdoctor.check import Check
from kdoctor.doctor import NOTHING
from kdoctor.document import Document
from kdoctor.engine import Failure, Report, attempt, examine
from kdoctor.errors import PackError
from kdoctor.packs import load_checks
from kdoctor.report.json import report_object
from kdoctor.scanning.identity import content, signature
from kdoctor.scanning.job import Examined, Job
from kdoctor.scanning.memory import Memory
from kdoctor.target import Target


class _Worker:
    """What a worker process keeps from one file to the next; ``checks`` may be why there are none."""

    job: Job
    checks: tuple[Check, ...] | PackError = ()
    memory: Memory | None = None


def start(job: Job) -> None:
    """Make this process a worker: bounded memory, checks loaded once; Ctrl-C is the business of the process that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(100_000, 20, 100)  # a document is one large tree without cycles: looking for them took a tenth of the time
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        bound = job.limits.memory_bytes if hard == resource.RLIM_INFINITY else min(job.limits.memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    _Worker.job = job
    try:
        _Worker.checks = load_checks()
    except PackError as error:
        _Worker.checks = error
    if job.cache is not None:
        _Worker.memory = Memory(*job.cache, tell=lambda text: None)  # the process that asked has told it


def examine_batch(places: Sequence[Place]) -> list[Examined]:
    """Examine files, in a process that was started as a worker. Raises `PackError` when the checks cannot be loaded."""
    checks = _Worker.checks
    if isinstance(checks, PackError):
        raise checks
    return [_examined(place, _Worker.job.target, checks) for place in places]


def _examined(place: Place, target: Target, checks: Sequence[Check]) -> Examined:
    """Whatever goes wrong in making the report is that file's failure, not the scan's."""
    found = attempt("archive", lambda: _opened_and_examined(place, target, checks))
    return lost(place, target, found) if isinstance(found, Failure) else found


def _opened_and_examined(place: Place, target: Target, checks: Sequence[Check]) -> Examined:
    document = open_document(place)
    seen = content(document) if _Worker.job.remembers else None
    if seen is not None and _Worker.memory is not None and (known := _Worker.memory.by_content(str(place), seen)) is not None:
        return Examined(known, True, _status(place, document), seen)
    made = attempt("report", lambda: _report(document, place, target, checks))
    if isinstance(made, Failure):
        return lost(place, target, made)
    text, whole = made
    return Examined(text, whole, _status(place, document) if _Worker.job.remembers else None, seen)


def _status(place: Place, document: Document) -> str | None:
    """None for a map of shards: its own status tells nothing of the files that it names, and of those beside them."""
    return None if document.file.get("content") == MAP else signature(place)


def _report(document: Document, place: Place, target: Target, checks: Sequence[Check]) -> tuple[str, bool]:
    report = examine(document, target, checks, str(place), whole=False)
    return json.dumps(report_object(report)), not report.failures


def lost(place: Place, target: Target, failure: Failure) -> Examined:
    """A file of which nothing is known but why."""
    if isinstance(place, RemoteFile):
        failure = failure._replace(error=place.without_secrets(failure.error))
    return Examined(json.dumps(report_object(Report(str(place), NOTHING, target, failures=(failure,), asked=_asked()))), False)


def _asked() -> tuple[str, ...]:
    """All checks, none of which was made."""
    return tuple(check.code for check in load_checks())
