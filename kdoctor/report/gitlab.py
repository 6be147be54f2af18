"""A code quality report of GitLab: its merge request widget shows what is new, by fingerprint."""

from __future__ import annotations

import json

from kdoctor.check import Severity
from kdoctor.file_report import FileReport
from kdoctor.report.fingerprint import digest, fingerprints, shown_path
from kdoctor.report.printable import escaped, printable
from kdoctor.report.run import Run
from kdoctor.totals import Totals

SEPARATOR = ",\n"
SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.INFO: "info"}


def begin(run: Run) -> str:
    return "[\n"


def each(run: Run, report: FileReport) -> tuple[str, ...]:
    found = [_entry(report, one.code, one.message, SEVERITIES[one.severity], mark) for one, mark in fingerprints(report)]
    lost = [
        _entry(
            report, "not-checked", f"not checked: {one.check}: {one.error}", "major", digest(f"{report.path}\0{report.target}\0{one.check}")
        )
        for one in report.failures
    ]
    return (*found, *lost)


def end(run: Run, totals: Totals) -> str:
    return "\n]\n"


def _entry(report: FileReport, name: str, message: str, severity: str, fingerprint: str) -> str:
    entry = {
        "description": printable(f"{name} {message}"),
        "check_name": name,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": printable(shown_path(report.path)), "lines": {"begin": 1}},
    }
    return escaped(json.dumps(entry, ensure_ascii=False))
