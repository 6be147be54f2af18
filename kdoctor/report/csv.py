"""Rows for a spreadsheet: one for each file with its counts, one for each finding and for each reason why something was not checked.

What a file says may be written to be run by the spreadsheet (``=HYPERLINK(…)`` as a layer's name): such a cell begins with an apostrophe.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from kdoctor.file_report import FileReport, Found
from kdoctor.report.printable import printable
from kdoctor.report.run import Run
from kdoctor.totals import Totals

SEPARATOR = ""
COLUMNS = (
    "row", "file", "target", "gate", "verdict", "passed", "found", "not_checked",
    "code", "name", "severity", "message", "part", "pointer", "layer", "keras_says", "cure", "reason",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # the wide ones mean the same to a Japanese spreadsheet


def begin(run: Run) -> str:
    return _lines([dict(zip(COLUMNS, COLUMNS, strict=True))])


def each(run: Run, report: FileReport) -> tuple[str, ...]:
    rows = [_file(report)]
    rows += [{"row": "finding", **_finding(report, one)} for one in report.findings]
    rows += [{"row": "suppressed", **_finding(report, one.finding), "reason": f"{one.by}: {one.reason}"} for one in report.suppressed]
    rows += [
        {"row": "not checked", "file": report.path, "target": report.target, "code": " ".join(one.checks), "reason": one.why}
        for one in report.checks.not_checked
    ]
    return (_lines(rows),)


def end(run: Run, totals: Totals) -> str:
    counts = {word: totals.checks[word] for word in ("passed", "found", "not_checked")}
    return _lines([{"row": "total", "file": totals.reports, **counts, "reason": "" if totals.complete else "interrupted"}])


def _file(report: FileReport) -> dict[str, Any]:
    checks = report.checks
    counts = {"passed": checks.passed, "found": len(checks.found), "not_checked": checks.unchecked}
    return {
        "row": "file",
        "file": report.path,
        "target": report.target,
        "gate": report.gate.value,
        "verdict": report.verdict.value,
        **counts,
    }


def _finding(report: FileReport, one: Found) -> dict[str, Any]:
    return {
        "file": report.path,
        "target": report.target,
        "code": one.code,
        "name": one.name,
        "severity": str(one.severity),
        "message": one.message,
        "part": one.where.part,
        "pointer": one.where.pointer,
        "layer": one.where.layer,
        "keras_says": one.keras_says,
        "cure": None if one.repair is None else one.repair.title,
    }


def _lines(rows: Iterable[dict[str, Any]]) -> str:
    import csv  # every command knows the formats, and writes one

    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def cell(value: object) -> str:
    """The value as text that a spreadsheet shows, and never computes."""
    text = printable("" if value is None else str(value))
    return f"'{text}" if text.lstrip(" \ufffd\u00a0").startswith(FORMULA) else text
