"""The summary of a scan."""

from __future__ import annotations

from typing import Any

from report.file_reports import RUN, found
from report.file_reports import report as made

from kdoctor.check import Severity
from kdoctor.document import SavedBy
from kdoctor.file_report import FileReport, Gate
from kdoctor.report.run import Run
from kdoctor.report.table import LISTED, Sheet, render
from kdoctor.target import Target
from kdoctor.totals import Totals


def report(path: str, *, loads: bool | None = True, keras: str | None = "3.6.0", **codes: str) -> FileReport:
    """A report; ``codes`` maps codes to severities, ``failure`` to an error's text."""
    failure = codes.pop("failure", None)
    findings = tuple(found(code, Severity[severity.upper()]) for code, severity in codes.items())
    return made(path, *findings, failures={} if failure is None else {"K801": failure}, loads=loads, saved_by=SavedBy(keras))


SICK = report("b.h5", loads=False, K601="error", K501="warning", K104="info")


def lines(*reports: FileReport, run: Run = RUN, **options: Any) -> list[str]:
    return [" ".join(line.split()) for line in render(reports, run, 1.25, **options).splitlines()]


def test_healthy_files_are_counted_and_not_listed() -> None:
    assert lines(report("a.keras"), report("c.keras")) == [
        "2 healthy · 2 files in 1.2 s · Keras 3.15.1",
        "6 checks passed, 0 found something, 0 not checked",
    ]


def test_sick_files_are_listed_with_errors_and_warnings_but_without_what_is_merely_worth_knowing() -> None:
    assert lines(report("a.keras"), SICK) == [
        "verdict file saved by findings",
        "sick b.h5 3.6.0 K601 K501",
        "",
        "1 sick, 1 healthy · 2 files in 1.2 s · Keras 3.15.1",
        "3 checks passed, 3 found something, 0 not checked",
    ]


def test_a_healthy_file_with_a_warning_is_listed() -> None:
    assert "healthy a.keras 3.6.0 K501" in lines(report("a.keras", K501="warning"))


def test_every_file_is_listed_when_asked_for() -> None:
    assert "healthy a.keras 3.6.0" in lines(report("a.keras"), every=True)


def test_a_file_that_could_not_be_examined_says_why_whatever_the_words() -> None:
    assert "unknown a.keras 3.6.0 worker died: [] [/] [red]" in lines(report("a.keras", failure="worker died: [] [/] [red]"))


def test_a_code_found_many_times_is_shown_once() -> None:
    many = SICK._replace(findings=SICK.findings * 5)
    assert "sick b.h5 3.6.0 K601 K501" in lines(many)


def test_files_that_load_for_all_anyone_knows_are_told_apart_from_vouched_ones() -> None:
    assert "2 healthy (1 of them not vouched for) · 2 files in 1.2 s · Keras 3.15.1" in lines(
        report("a.keras", loads=None), report("c.keras")
    )


def test_no_files_at_all_are_said_to_be_none() -> None:
    assert lines() == ["no model files found · Keras 3.15.1"]


def test_a_name_that_is_markup_or_an_escape_sequence_is_shown_as_plain_text() -> None:
    told = render([report("[bold]\x1b[2J.keras", keras="[red]\x9b", K601="error")], RUN, 0.0)
    assert "[bold]\ufffd[2J.keras" in told
    assert "[red]\ufffd" in told
    assert not set(told) & set("\x1b\x9b")


def test_there_are_no_colors_unless_asked_for() -> None:
    assert "\x1b" not in render([SICK], RUN, 0.0)
    assert "\x1b[31m" in render([SICK], RUN, 0.0, color=True)


def test_a_file_that_a_policy_refuses_or_accepts_is_told_apart_from_what_it_is() -> None:
    assert "refused a.keras 3.6.0 K501" in lines(report("a.keras", K501="warning")._replace(gate=Gate.FAILED))
    assert "accepted b.h5 3.6.0 K501" in lines(SICK._replace(findings=SICK.findings[1:], gate=Gate.PASSED))


def test_each_line_names_its_target_where_there_are_several() -> None:
    assert "sick b.h5 3.15.1 3.6.0 K601 K501" in lines(SICK, run=Run((Target("3.15.1"), Target("2.15.0"))))


def test_many_files_are_told_as_they_come_and_counted_at_the_end() -> None:
    sheet, totals, count = Sheet(RUN), Totals(), 2 * LISTED + 1
    told = [sheet.add(SICK) for _ in range(count)]
    assert [piece.count("b.h5") for piece in told if piece] == [LISTED, LISTED]
    totals.reports, totals.complete = count, False
    totals.verdicts["sick"] = count
    last = sheet.end(totals, 2.0)
    assert last.count("b.h5") == 1
    assert f"\n\ninterrupted: what follows was not examined · {count} sick · {count} files in 2.0 s · Keras 3.15.1\n" in last
