"""The summary of a scan."""

from __future__ import annotations

from typing import Any

from kdoctor.report.table import LISTED, pieces, render


def report(path: str, verdict: str = "healthy", *, loads: bool | None = True, keras: str | None = "3.6.0", **found: str) -> dict[str, Any]:
    """A report object as far as the table reads it; ``found`` maps codes to severities, ``failure`` to an error's text."""
    failure = found.pop("failure", None)
    return {
        "path": path,
        "verdict": verdict,
        "loads": loads,
        "saved_by": {"keras": keras, "backend": None, "date": None},
        "findings": [{"code": code, "severity": severity} for code, severity in found.items()],
        "failures": [] if failure is None else [{"check": "archive", "error": failure}],
    }


SICK = report("b.h5", "sick", loads=False, K601="error", K501="warning", K104="info")


def lines(*reports: dict[str, Any], **options: Any) -> list[str]:
    return [" ".join(line.split()) for line in render(reports, "Keras 3.15.1", 1.25, **options).splitlines()]


def test_healthy_files_are_counted_and_not_listed() -> None:
    assert lines(report("a.keras"), report("c.keras")) == ["2 healthy · 2 files in 1.2 s · Keras 3.15.1"]


def test_sick_files_are_listed_with_errors_and_warnings_but_without_what_is_merely_worth_knowing() -> None:
    assert lines(report("a.keras"), SICK) == [
        "verdict file saved by findings",
        "sick b.h5 3.6.0 K601 K501",
        "",
        "1 sick, 1 healthy · 2 files in 1.2 s · Keras 3.15.1",
    ]


def test_a_healthy_file_with_a_warning_is_listed() -> None:
    assert "healthy a.keras 3.6.0 K501" in lines(report("a.keras", K501="warning"))


def test_every_file_is_listed_when_asked_for() -> None:
    assert "healthy a.keras 3.6.0" in lines(report("a.keras"), every=True)


def test_a_file_that_could_not_be_examined_says_why_whatever_the_words() -> None:
    assert "unknown a.keras 3.6.0 worker died: [] [/] [red]" in lines(report("a.keras", "unknown", failure="worker died: [] [/] [red]"))


def test_a_code_found_many_times_is_shown_once() -> None:
    many = {**SICK, "findings": SICK["findings"] * 5}
    assert "sick b.h5 3.6.0 K601 K501" in lines(many)


def test_files_that_load_for_all_anyone_knows_are_told_apart_from_vouched_ones() -> None:
    assert lines(report("a.keras", loads=None), report("c.keras")) == [
        "2 healthy (1 of them not vouched for) · 2 files in 1.2 s · Keras 3.15.1"
    ]


def test_no_files_at_all_are_said_to_be_none() -> None:
    assert lines() == ["no model files found · Keras 3.15.1"]


def test_a_name_that_is_markup_or_an_escape_sequence_is_shown_as_plain_text() -> None:
    told = render([report("[bold]\x1b[2J.keras", "sick", keras="[red]\x9b", K601="error")], "Keras 3.15.1", 0.0)
    assert "[bold]\ufffd[2J.keras" in told
    assert "[red]\ufffd" in told
    assert not set(told) & set("\x1b\x9b")


def test_there_are_no_colors_unless_asked_for() -> None:
    assert "\x1b" not in render([SICK], "Keras 3.15.1", 0.0)
    assert "\x1b[31m" in render([SICK], "Keras 3.15.1", 0.0, color=True)


def test_many_files_are_told_as_they_come_and_counted_at_the_end() -> None:
    told = list(pieces((SICK for _ in range(2 * LISTED + 1)), "Keras 3.15.1", lambda: 2.0, interrupted=lambda: True))
    assert [piece.count("b.h5") for piece in told] == [LISTED, LISTED, 1, 0]
    assert (
        told[-1]
        == f"\ninterrupted: what follows was not examined · {2 * LISTED + 1} sick · {2 * LISTED + 1} files in 2.0 s · Keras 3.15.1\n"
    )
