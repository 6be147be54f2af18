"""Many files for one or more targets, judged: what ``kdoctor scan`` and the Python interface share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kdoctor.check import Severity
from kdoctor.file_report import FileReport
from kdoctor.packs import load_checks
from kdoctor.report.run import Rule, Run
from kdoctor.target import Target


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every file: the targets it must load in, the policy, and what was found and accepted before."""

    targets: tuple[Target, ...]
    fail_on: Severity | None = Severity.ERROR

    def run(self, *, rules: bool = True) -> Run:
        """What the formats need to know before the first report; not all of them need the rules, and loading those takes a moment.

        Raises `PackError` where the checks cannot be loaded.
        """
        return Run(self.targets, tuple(Rule.of(check) for check in load_checks()) if rules else (), self.fail_on)


Examine = Callable[[Target], Iterable[dict[str, Any]]]


def judged(question: Question, examine: Examine) -> Iterator[FileReport]:
    """A report for each file and target: all files for the first target, then for the next; ``examine`` gives the report objects of all
    files for one target (see `kdoctor.scanning`)."""
    for target in question.targets:
        for found in examine(target):
            yield FileReport.from_object(found).judged(question.fail_on)
