"""What the functions of the package itself do, when they are called."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kdoctor.asked import asked_release
from kdoctor.check import Severity
from kdoctor.doctor import examine_file
from kdoctor.file_report import FileReport
from kdoctor.gate import Question, allowed, judged
from kdoctor.packs import load_checks
from kdoctor.policy.policy import Policy
from kdoctor.policy.reading import read_policy
from kdoctor.report.json import report_object
from kdoctor.scanning.files import find_models
from kdoctor.scanning.job import WorkerLimits
from kdoctor.scanning.workers import examine_all
from kdoctor.target import Target


def inspected(path: str | os.PathLike[str], target: str) -> FileReport:
    report = examine_file(Path(path), asked_release(target), load_checks())
    return FileReport.from_object(report_object(report)).judged(Severity.ERROR)


def policy_of(path: str | os.PathLike[str]) -> Policy:
    return read_policy(Path(path))


def scanned(
    paths: Iterable[str | os.PathLike[str]], policy: Policy | None, target: str | None, jobs: int | None, seconds: float
) -> Iterator[FileReport]:
    policy, places = policy or Policy(), [os.fspath(path) for path in paths]
    texts = (target,) if target is not None else policy.targets or ("installed",)
    question = Question(tuple(allowed(asked_release(text), policy) for text in texts), policy)
    found = [find_models(places)]  # what does not exist is told now, not when the first report is asked for

    def examine(one: Target) -> Iterator[dict[str, Any]]:
        yield from examine_all(found.pop() if found else find_models(places), one, jobs or os.cpu_count() or 1, WorkerLimits(seconds))

    return judged(question, examine)
