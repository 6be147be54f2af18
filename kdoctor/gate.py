"""Many files for one or more targets, judged: what ``kdoctor scan`` and the Python interface share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone
from functools import cached_property
from typing import Any, overload

from kdoctor.errors import UsageError
from kdoctor.file_report import FileReport
from kdoctor.policy.baseline import Baseline
from kdoctor.policy.bounds import PAGES, active
from kdoctor.policy.judge import Judge
from kdoctor.policy.policy import Policy
from kdoctor.report.run import Rule, Run
from kdoctor.target import Target


def today() -> date:
    """The day that expiry dates are held against, the same everywhere."""
    return datetime.now(timezone.utc).date()


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every file: the targets it must load in, the policy, and what was found and accepted before."""

    targets: tuple[Target, ...]
    policy: Policy = field(default_factory=Policy)
    baseline: Baseline = field(default_factory=Baseline)

    def run(self) -> Run:
        """What the formats need to know before the first report."""
        return Run(self.targets, _Rules(self.policy), self.policy.fail_on)


class _Rules(Sequence[Rule]):
    """The rules of all checks and of the policy's bounds. The checks are imported when a rule is asked for, which most formats never do: a scan
    that finds all in its cache is over before. Raises `PackError` then, where they cannot be loaded."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    @cached_property
    def _all(self) -> tuple[Rule, ...]:
        from kdoctor.packs import load_checks

        return (*map(Rule.of, load_checks()), *(Rule(code, *PAGES[code]) for code in active(self._policy)))

    @overload
    def __getitem__(self, index: int) -> Rule: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Rule]: ...

    def __getitem__(self, index: int | slice) -> Rule | Sequence[Rule]:
        return self._all[index]

    def __len__(self) -> int:
        return len(self._all)


Examine = Callable[[Target], Iterable[dict[str, Any]]]


def judged(question: Question, examine: Examine, run: Run | None = None) -> Iterator[FileReport]:
    """A report for each file and target: all files for the first target, then for the next; ``examine`` gives the report objects of all
    files for one target (see `kdoctor.scanning`)."""
    bounds = active(question.policy)
    deselects = question.policy.select or question.policy.ignore
    asked = tuple(rule.code for rule in (run or question.run()).rules if rule.code not in bounds) if deselects else ()
    judge = Judge(question.policy, asked, today(), question.baseline)
    for target in question.targets:
        for found in examine(target):
            yield judge.judged(FileReport.from_object(found))


def allowed(target: Target, policy: Policy) -> Target:
    """The target with what the policy says its users will have. Raises `UsageError` for a package that nobody knows."""
    names = set(policy.custom_objects)
    for name in policy.packages:
        from kdoctor.keras_api.packages import named

        package = named(name)
        if package is None:
            raise UsageError(f"{policy.source}: packages: {name!r} is none that kdoctor knows; name its classes in custom-objects")
        if package.keras != 2 or not target.keras_3:  # Keras 3 refuses classes for Keras 2
            names |= package.classes | {f"{prefix}>{one}" for prefix in package.registered_as for one in package.classes}
    return replace(target, custom=target.custom | names)
