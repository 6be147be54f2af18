"""What counts under a policy, and that the three outcomes add up whatever it leaves out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from report.file_reports import LOST, RULES, SICK, found, report

from kdoctor.check import Severity
from kdoctor.document import SavedBy
from kdoctor.engine import Verdict
from kdoctor.file_report import FileReport, Gate
from kdoctor.policy.baseline import Baseline, key, read_baseline, rendered
from kdoctor.policy.judge import Judge
from kdoctor.policy.policy import PathRule, Policy
from kdoctor.report.fingerprint import shown_path

TODAY = date(2026, 11, 21)
ASKED = tuple(rule.code for rule in RULES)


def judged(one: FileReport, baseline: Baseline | None = None, **policy: Any) -> FileReport:
    made = Policy(**policy)
    told = Judge(made, ASKED, TODAY, baseline or Baseline()).judged(one)
    bounds = (made.max_size is not None) + (made.max_age_days is not None)
    assert told.checks.total == len(RULES) + bounds  # whatever is left out, the outcomes add up
    return told


def codes(one: FileReport) -> list[str]:
    return [found.code for found in one.findings]


def test_without_a_policy_a_report_is_what_it_was() -> None:
    assert judged(SICK) == SICK


def test_what_is_ignored_does_not_count_and_is_named() -> None:
    told = judged(SICK, ignore=("K4",))
    assert (codes(told), told.gate) == (["K501"], Gate.PASSED)
    assert [(one.finding.code, one.by) for one in told.suppressed] == [("K401", "policy")]
    assert [(one.checks, one.by_policy) for one in told.checks.not_checked] == [(("K401",), True)]


def test_a_policy_does_not_change_what_is_true_of_the_file() -> None:
    told = judged(SICK, ignore=("K",))
    assert (told.verdict, told.loads, told.gate) == (Verdict.SICK, False, Gate.PASSED)


@pytest.mark.parametrize(
    ("select", "ignore", "left"),
    [
        ((), (), ["K401", "K501"]),
        (("K5",), (), ["K501"]),
        (("K",), ("K5",), ["K401"]),
        (("K501",), ("K",), ["K501"]),
        (("K4",), ("K4",), []),
    ],
)
def test_the_longer_prefix_wins(select: tuple[str, ...], ignore: tuple[str, ...], left: list[str]) -> None:
    assert codes(judged(SICK, select=select, ignore=ignore)) == left


def test_a_severity_is_the_policys_own_and_the_worst_comes_first() -> None:
    told = judged(SICK, severity={"K4": Severity.INFO, "K401": Severity.WARNING, "K5": Severity.ERROR})
    assert [(one.code, one.severity) for one in told.findings] == [("K501", Severity.ERROR), ("K401", Severity.WARNING)]
    assert told.gate is Gate.FAILED


def test_what_could_not_be_checked_is_unknown_unless_nobody_wants_to_know() -> None:
    assert judged(LOST).gate is Gate.UNKNOWN
    assert judged(LOST, fail_on=None).gate is Gate.UNKNOWN
    assert judged(LOST, ignore=("K8",)).gate is Gate.PASSED


def rule(**more: Any) -> PathRule:
    return PathRule(**{"paths": ("models/*.h5",), "reason": "it is old", "ignore": ("K401",), **more})


def test_a_rule_holds_for_its_files_alone(tmp_path: Path) -> None:
    inside = report(str(tmp_path / "models" / "a.h5"), found())
    outside = report(str(tmp_path / "other" / "a.h5"), found())
    told = judged(inside, rules=(rule(),), root=tmp_path)
    assert (codes(told), [(one.by, one.reason) for one in told.suppressed]) == ([], [("rule", "it is old")])
    assert codes(judged(outside, rules=(rule(),), root=tmp_path)) == ["K401"]


@pytest.mark.parametrize(("day", "left"), [(date(2026, 11, 21), []), (date(2026, 11, 20), ["K401"])])
def test_a_rule_ends_with_its_last_day(day: date, left: list[str]) -> None:
    assert codes(judged(report("models/a.h5", found()), rules=(rule(expires=day),))) == left


def test_a_rule_may_change_a_severity() -> None:
    told = judged(SICK, rules=(rule(ignore=(), severity={"K401": Severity.INFO}),))
    assert [one.severity for one in told.findings] == [Severity.WARNING, Severity.INFO]


def test_a_file_over_the_bounds_is_found() -> None:
    old = report(size=1_001, saved_by=SavedBy("3.6.0", None, "2025-11-20 10:00:00"))
    told = judged(old, max_size=1_000, max_age_days=365)
    assert (codes(told), told.gate, told.verdict) == (["P101", "P102"], Gate.FAILED, Verdict.HEALTHY)
    assert codes(judged(old, max_size=1_001, max_age_days=366)) == []


def test_a_bound_holds_whatever_codes_are_selected() -> None:
    assert codes(judged(report(size=2000), max_size=1000, select=("K",))) == ["P101"]
    assert codes(judged(report(size=2000), max_size=1000, select=("K",), ignore=("P101",))) == []


def test_a_file_that_does_not_state_its_day_is_not_checked_for_it_which_is_not_clean() -> None:
    undated = report("models/a.h5", saved_by=SavedBy("2.4.0"))
    told = judged(undated, max_age_days=365)
    assert (told.gate, told.checks.not_checked[0].checks) == (Gate.UNKNOWN, ("P102",))
    assert judged(undated, max_age_days=365, rules=(rule(ignore=("P102",)),)).gate is Gate.PASSED


def accepted(one: FileReport) -> Baseline:
    kinds = [key(one, each, shown_path(one.path)) for each in one.findings]
    return Baseline({kind: 1 for kind in kinds if kind is not None})


def test_a_baseline_accepts_what_it_has_counted_and_no_more() -> None:
    one = found("K501", Severity.ERROR)
    known = accepted(report("a.h5", one))
    assert judged(report("a.h5", one), known).gate is Gate.PASSED
    told = judged(report("a.h5", one, one), known)
    assert (codes(told), len(told.suppressed), told.gate) == (["K501"], 1, Gate.FAILED)


def test_a_baseline_accepts_code_in_the_very_bytes_that_were_seen_alone() -> None:
    seen = report("a.keras", found("K801"), found("K501"))
    changed = report("a.keras", found("K801"), found("K501"), sha256="1" * 64)
    assert codes(judged(seen, accepted(seen))) == []
    assert codes(judged(changed, accepted(seen))) == ["K801"]
    large = report("a.keras", found("K801"), sha256=None)
    assert codes(judged(large, accepted(large))) == ["K801"]


def test_a_baseline_is_the_same_after_a_journey_through_its_file(tmp_path: Path) -> None:
    known = accepted(SICK)
    (tmp_path / "baseline.json").write_text(rendered(known.counts), "utf-8")
    assert read_baseline(tmp_path / "baseline.json").counts == known.counts
