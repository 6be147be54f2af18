"""The three outcomes of every check: they add up, and what was not looked at is never called clean."""

from __future__ import annotations

from pathlib import Path

import pytest

from kdoctor.check import Finding, Severity, check
from kdoctor.doctor import examine_file
from kdoctor.document import Document, Fault, Format
from kdoctor.engine import Verdict, examine
from kdoctor.faults import FaultKind
from kdoctor.file_report import FileReport, Gate
from kdoctor.outcomes import Outcomes, outcomes
from kdoctor.packs import load_checks
from kdoctor.pointer import Pointer
from kdoctor.report.json import report_object
from kdoctor.target import Target

KERAS = Target("3.15.1")
SAMPLES = Path(__file__).parent.parent / "sample_models"


@check("K299", Severity.ERROR, since="1.0")
def reads_config(document, target):  # type: ignore[no-untyped-def]
    """It looks at the config."""
    if "bad" in (document.config if isinstance(document.config, dict) else ()):
        yield Finding(Pointer("config"), "bad")


@check("K199", Severity.ERROR, since="1.0")
def reads_bytes(document, target):  # type: ignore[no-untyped-def]
    """It looks at the file itself."""
    yield from ()


@check("ZZ001", Severity.ERROR, since="1.0")
def crashes(document, target):  # type: ignore[no-untyped-def]
    """It crashes."""
    raise ZeroDivisionError("division by zero")
    yield


def made(parts: dict[str, object], *checks: object) -> Outcomes:
    return outcomes(examine(Document(Format.KERAS_ZIP, parts), KERAS, checks))  # type: ignore[arg-type]


def test_a_check_passes_finds_or_is_not_made() -> None:
    whole = {"config": {"bad": 1}, "weights": {}}
    found = made(whole, reads_config, reads_bytes, crashes)
    assert (found.passed, found.found) == (1, ("K299",))
    (reason,) = found.not_checked
    assert (reason.checks, reason.why) == (("ZZ001",), "ZeroDivisionError: division by zero")


@pytest.mark.parametrize("kind", [FaultKind.JSON_MALFORMED, FaultKind.LIMIT, FaultKind.UNREADABLE_MEMBER])
def test_a_check_of_a_part_that_was_not_read_is_not_made_and_one_of_the_bytes_is(kind: FaultKind) -> None:
    found = made({"config": {}, "faults": {0: Fault(kind.value, "config")}}, reads_config, reads_bytes)
    assert found.passed == 1
    assert [reason.checks for reason in found.not_checked] == [("K299",)]


def test_what_is_found_in_the_readable_half_of_a_part_is_found() -> None:
    found = made({"config": {"bad": 1}, "faults": {0: Fault(FaultKind.LIMIT.value, "config")}}, reads_config)
    assert (found.found, found.not_checked) == (("K299",), ())


def test_a_file_without_a_config_was_not_examined_for_what_a_config_says() -> None:
    (reason,) = made({}, reads_config).not_checked
    assert reason.why == "the file holds no config"


def test_a_file_that_cannot_be_opened_was_examined_for_nothing(tmp_path: Path) -> None:
    checks = load_checks()
    report = examine_file(tmp_path / "gone.keras", KERAS, checks)
    found = outcomes(report)
    assert (found.passed, found.found, found.unchecked) == (0, (), len(checks))
    assert FileReport.from_object(report_object(report)).judged(Severity.ERROR).gate is Gate.UNKNOWN


def test_nothing_found_in_what_was_not_read_is_unknown_and_not_healthy() -> None:
    report = examine(Document(Format.KERAS_ZIP, {"faults": {0: Fault(FaultKind.LIMIT.value, "config")}}), KERAS, (reads_config,))
    assert report.verdict is Verdict.HEALTHY
    value = FileReport.from_object(report_object(report))
    assert value.verdict is Verdict.UNKNOWN
    assert value.judged(None).gate is Gate.UNKNOWN


@pytest.mark.parametrize("path", sorted((SAMPLES / "healthy").iterdir()), ids=lambda path: path.name)
def test_a_healthy_sample_is_checked_in_full(path: Path) -> None:
    checks = load_checks()
    found = outcomes(examine_file(path, KERAS, checks))
    assert found.not_checked == ()
    assert found.total == len(checks)
