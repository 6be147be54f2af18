"""A report as a policy and a baseline see it: what counts, how much, and what comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from kdoctor.file_report import FileReport, Found, Suppressed
from kdoctor.outcomes import NotChecked, Outcomes
from kdoctor.policy.baseline import Baseline, key
from kdoctor.policy.bounds import active, crossed
from kdoctor.policy.policy import PathRule, Policy, longest

LEFT_OUT = "left out by the policy"


@dataclass(frozen=True)
class Judge:
    """Judges reports of files that were examined with the checks of these codes. Equal reports are judged equally on the same day."""

    policy: Policy
    asked: tuple[str, ...]
    today: date
    baseline: Baseline = field(default_factory=Baseline)

    @cached_property
    def _leaves_all(self) -> bool:
        """Whether every report stays as it is, but for the gate's answer."""
        policy, bounds = self.policy, active(self.policy)
        return not (policy.select or policy.ignore or policy.severity or policy.rules or bounds or self.baseline.counts)

    def judged(self, report: FileReport) -> FileReport:
        """The report with what counts: its verdict and ``loads`` stay what they are."""
        if self._leaves_all:
            return report.judged(self.policy.fail_on)
        rules = self.policy.rules_for(report.path, self.today)
        bounds = list(crossed(report, self.policy, self.today))
        findings = [*report.findings, *(one for one in bounds if isinstance(one, Found))]
        counted, suppressed = self._sorted_out(report, findings, rules)
        left_out = tuple(code for code in (*self.asked, *active(self.policy)) if not self.policy.selects(code))
        checks = self._outcomes(report, counted, suppressed, left_out, bounds, rules)
        kept = tuple(failure for failure in report.failures if failure.check not in left_out)
        counted.sort(key=lambda one: (-one.severity, one.code))
        made = report._replace(findings=tuple(counted), failures=kept, suppressed=tuple(suppressed), checks=checks)
        return made.judged(self.policy.fail_on)

    def _sorted_out(
        self, report: FileReport, findings: Iterable[Found], rules: tuple[PathRule, ...]
    ) -> tuple[list[Found], list[Suppressed]]:
        counted: list[Found] = []
        suppressed: list[Suppressed] = []
        accepted = Counter(self.baseline.counts)
        path = _shown(report.path) if accepted else ""
        for one in findings:
            ignoring = next((rule for rule in rules if longest(one.code, rule.ignore)), None)
            known = key(report, one, path) if accepted else None
            if not self.policy.selects(one.code):
                suppressed.append(Suppressed(one, "policy", LEFT_OUT))
            elif ignoring is not None:
                suppressed.append(Suppressed(one, "rule", ignoring.reason))
            elif known is not None and accepted[known] > 0:
                accepted[known] -= 1
                suppressed.append(Suppressed(one, "baseline", "accepted in the baseline"))
            else:
                counted.append(self._weighed(one, rules))
        return counted, suppressed

    def _weighed(self, one: Found, rules: tuple[PathRule, ...]) -> Found:
        """With the severity that the policy gives it; a rule's word comes before the general one."""
        for severities in (*(rule.severity for rule in rules), self.policy.severity):
            if prefix := longest(one.code, severities):
                return one._replace(severity=severities[prefix])
        return one

    def _outcomes(
        self,
        report: FileReport,
        counted: list[Found],
        suppressed: list[Suppressed],
        left_out: tuple[str, ...],
        bounds: list[Found | NotChecked],
        rules: tuple[PathRule, ...],
    ) -> Outcomes:
        """The same checks, each with one outcome still: one whose findings are all suppressed found nothing that counts."""
        found = tuple(sorted({one.code for one in counted}))
        accepted: dict[str, list[str]] = {}
        for code in dict.fromkeys(one.finding.code for one in suppressed):
            if code not in found and code not in left_out:
                reason = next(f"{one.by}: {one.reason}" for one in suppressed if one.finding.code == code)
                accepted.setdefault(reason, []).append(code)
        reasons = [*report.checks.not_checked, *(one for one in bounds if isinstance(one, NotChecked))]
        kept = [one._replace(checks=tuple(code for code in one.checks if code not in left_out)) for one in reasons]
        kept = [_waived(one, rules) for one in kept if one.checks]
        kept += [NotChecked(why, tuple(codes), by_policy=True) for why, codes in accepted.items()]
        kept += [NotChecked(LEFT_OUT, left_out, by_policy=True)] if left_out else []
        total = report.checks.total + len(active(self.policy))
        return Outcomes(total - len(found) - sum(len(one.checks) for one in kept), found, tuple(kept))


def _shown(path: str) -> str:
    from kdoctor.report.fingerprint import shown_path

    return shown_path(path)


def _waived(one: NotChecked, rules: tuple[PathRule, ...]) -> NotChecked:
    """What a rule ignores need not be known for its files."""
    for rule in rules:
        if all(longest(code, rule.ignore) for code in one.checks):
            return one._replace(by_policy=True)
    return one
