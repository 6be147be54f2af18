"""What a scan is held against: the policy that is found or named, the baseline, and the targets of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from kdoctor.cli.options import FailOn
from kdoctor.errors import UsageError, WriteError
from kdoctor.file_report import FileReport
from kdoctor.gate import Question, allowed, today
from kdoctor.policy.baseline import Baseline, Key, key, read_baseline, rendered
from kdoctor.policy.discovery import find_policy
from kdoctor.policy.reading import read_policy
from kdoctor.target import Target
from kdoctor.totals import Totals

Tell = Callable[[str], None]


def asked_question(
    paths: Sequence[str],
    config: Path | None,
    baseline: Path | None,
    fail_on: FailOn | None,
    make: Callable[[str], Target],
    target: str,
    tell: Tell,
) -> Question:
    """The question that the options ask; what they say themselves comes before what the policy says. Raises `UsageError`."""
    policy, unused = (read_policy(config), None) if config is not None else find_policy(paths)
    if unused is not None:
        tell(unused)
    for number, rule in enumerate(policy.rules, 1):
        if rule.expired(today()):
            tell(f"rule {number} of {policy.source} ({', '.join(rule.paths)}) expired on {rule.expires}: it no longer applies")
    if fail_on is not None:
        policy = replace(policy, fail_on=fail_on.severity)
    wanted = (target,) if target else policy.targets or ("",)
    targets = tuple(dict.fromkeys(allowed(make(text), policy) for text in wanted))
    return Question(targets, policy, Baseline() if baseline is None else read_baseline(baseline))


class Accepted:
    """The findings that ``--write-baseline`` writes down; without it, nothing is collected."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._counts: Counter[Key] = Counter()
        self._unacceptable = 0
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            raise UsageError(f"--write-baseline {path}: {'a folder' if path.is_dir() else f'there is no folder {path.parent}'}")

    def seen(self, reports: Iterable[FileReport]) -> Iterator[FileReport]:
        """The reports, each looked at as it passes."""
        if self._path is None:
            yield from reports
            return
        from kdoctor.report.fingerprint import shown_path

        for report in reports:
            path = shown_path(report.path)
            known = [one.finding for one in report.suppressed if one.by == "baseline"]
            for one in (*report.findings, *known):
                kind = key(report, one, path)
                if kind is None:
                    self._unacceptable += 1
                else:
                    self._counts[kind] += 1
            yield report

    def tell(self, question: Question, totals: Totals, tell: Tell) -> None:
        """What of the old baseline is not there any more, and what cannot be accepted."""
        gone = question.baseline.total - totals.suppressed["baseline"]
        if gone and self._path is None:
            tell(
                f"{gone} of {question.baseline.total} findings of {question.baseline.source} were not met: --write-baseline writes it anew"
            )
        if self._unacceptable:
            tell(
                f"{self._unacceptable} findings of code in large files are not in the baseline, since nobody could tell other bytes from these"
            )

    def write(self, totals: Totals) -> int:
        """Write the baseline, if one is wanted. The exit code: what was written down does not fail; what was not examined does."""
        if self._path is None:
            return totals.exit_code
        try:
            self._path.write_text(rendered(self._counts), "utf-8")
        except OSError as error:
            raise WriteError(f"--write-baseline {self._path}: {error.strerror}") from error
        if self._unacceptable:
            return totals.exit_code
        return 3 if totals.gates["unknown"] else 0
