"""What all reports of a run share, and what a format needs to know before the first of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from kdoctor.target import Target
from kdoctor.verdict import Severity

if TYPE_CHECKING:
    from kdoctor.check import Check


class Rule(NamedTuple):
    """What a finding's code stands for: the check, or the limit of a policy."""

    code: str
    name: str
    severity: Severity
    page: str

    @classmethod
    def of(cls, check: Check) -> Rule:
        return cls(check.code, check.name, check.severity, check.page)

    @property
    def summary(self) -> str:
        return self.page.split("\n", 1)[0]


class Run(NamedTuple):
    """The targets (at least one), the rules that every file is held against, by code, and the least severity that fails (None: none)."""

    targets: tuple[Target, ...]
    rules: Sequence[Rule] = ()
    fail_on: Severity | None = Severity.ERROR
