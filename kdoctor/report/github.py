"""Workflow commands of GitHub Actions: each finding becomes an annotation of the run.

A command ends with its line, so a line break in a layer's name must not begin another: GitHub's own escapes are used.
"""

from __future__ import annotations

from kdoctor.check import Severity
from kdoctor.file_report import FileReport, Found
from kdoctor.report.printable import printable
from kdoctor.report.run import Run
from kdoctor.totals import Totals

SEPARATOR = ""
COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def begin(run: Run) -> str:
    return ""


def each(run: Run, report: FileReport) -> tuple[str, ...]:
    lines = [_command(COMMANDS[one.severity], report, f"{one.code} {one.name}", _message(one)) for one in report.findings]
    lines += [_command("error", report, "not checked", f"{one.check}: {one.error}") for one in report.failures]
    return ("".join(lines),)


def end(run: Run, totals: Totals) -> str:
    cut = "" if totals.complete else "interrupted: what follows was not examined; "
    return f"::notice title=kdoctor::{_data(f'{cut}{totals.reports:,} files: {totals.sentence()}')}\n"


def _message(one: Found) -> str:
    layer = f" (layer {one.where.layer})" if one.where.layer else ""
    cure = f" Cure: {one.repair.title}." if one.repair is not None else ""
    return f"{one.message}{layer}.{cure}"


def _command(command: str, report: FileReport, title: str, message: str) -> str:
    return f"::{command} file={_property(report.path)},line=1,title={_property(title)}::{_data(message)}\n"


def _data(text: str) -> str:
    return printable(text, lines=True).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
