"""Files in, reports and plans out."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdoctor.doctor import examine_file, plan_file
from kdoctor.engine import Verdict
from kdoctor.limits import Limits
from kdoctor.packs import load_checks
from kdoctor.testing import KERAS_3

SAMPLES = Path(__file__).parent.parent / "sample_models"
CHECKS = load_checks()


@pytest.mark.parametrize(("name", "verdict"), [("sick/lambda_code.keras", Verdict.SICK), ("healthy/lambda_code.keras", Verdict.HEALTHY)])
def test_a_file_is_opened_and_examined(name: str, verdict: Verdict) -> None:
    report = examine_file(SAMPLES / name, KERAS_3, CHECKS)
    assert (report.verdict, report.path, report.failures) == (verdict, str(SAMPLES / name), ())
    assert 0 < report.seconds < 60


def test_a_file_that_cannot_be_opened_is_a_report_all_the_same(tmp_path: Path) -> None:
    report = examine_file(tmp_path / "missing.keras", KERAS_3, CHECKS)
    assert (report.verdict, report.loads, report.findings) == (Verdict.UNKNOWN, None, ())
    (failure,) = report.failures
    assert failure.check == "archive"
    assert "missing.keras" in failure.error


def test_limits_are_kept() -> None:
    report = examine_file(SAMPLES / "healthy/lambda_code.keras", KERAS_3, CHECKS, Limits(json_bytes=100))
    assert report.loads is not True
    assert report.document.faults_of("limit")


def test_a_plan_repairs_what_it_read() -> None:
    made = plan_file(SAMPLES / "sick/input_shape_conflict.keras", KERAS_3, CHECKS)
    assert (made.before.verdict, made.after.verdict) == (Verdict.SICK, Verdict.HEALTHY)
    assert made.before.seconds > 0


def test_nothing_is_planned_for_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    made = plan_file(tmp_path / "missing.keras", KERAS_3, CHECKS)
    assert (made.changes, made.after.verdict, made.before.failures) == (False, Verdict.UNKNOWN, made.after.failures)
