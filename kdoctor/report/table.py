"""The summary of a scan for people: the files that need attention, and the totals."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from kdoctor.check import Severity
from kdoctor.engine import Verdict
from kdoctor.file_report import FileReport, Gate
from kdoctor.report import page
from kdoctor.report.printable import printable
from kdoctor.report.run import Run
from kdoctor.totals import Totals

LISTED = 1_000  # lines of one table
STYLES = {"sick": "red", "refused": "red", "unknown": "magenta", "accepted": "yellow", "healthy": "green"}


class Sheet:
    """One line for each file that is not healthy (or has warnings), then the totals; ``every`` lists healthy files too.

    The lines of every so many stand in a table of their own, so that few are ever held.
    """

    def __init__(self, run: Run, *, width: int = 100, color: bool = False, every: bool = False) -> None:
        self._run, self._width, self._color, self._every = run, width, color, every
        self._rows: list[tuple[Text | str, ...]] = []
        self._listed = False

    def begin(self) -> str:
        return ""

    def add(self, report: FileReport) -> str:
        """The table of the last so many files when it is full."""
        if self._every or report.gate is not Gate.PASSED or report.verdict is not Verdict.HEALTHY or _codes(report, Severity.WARNING):
            self._rows.append(self._row(report))
        return self._table() if len(self._rows) == LISTED else ""

    def end(self, totals: Totals, seconds: float) -> str:
        listed = self._table()
        console, printed = page.blank(self._width, self._color)
        if self._listed:
            console.print()
        console.print(_totals(totals, self._run, seconds), soft_wrap=True)
        if totals.reports:
            console.print(totals.sentence(), soft_wrap=True)
        return listed + printed.getvalue()

    def _table(self) -> str:
        console, printed = page.blank(self._width, self._color)
        if self._rows:
            self._listed = True
            view = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
            for heading in ("verdict", "file", *(["target"] if len(self._run.targets) > 1 else []), "saved by", "findings"):
                view.add_column(heading, overflow="fold")
            for row in self._rows:
                view.add_row(*row)
            console.print(view)
            self._rows = []
        return printed.getvalue()

    def _row(self, report: FileReport) -> tuple[Text | str, ...]:
        styles = ((Severity.ERROR, "red"), (Severity.WARNING, "yellow"))
        told = [(" ".join(_codes(report, severity)), style) for severity, style in styles]
        told += [(printable(failure.error), "magenta") for failure in report.failures]
        told += [(f"({len(report.suppressed)} suppressed)", "dim")] if report.suppressed else []
        findings = Text(" ").join(Text(text, style) for text, style in told if text)
        word, target = _word(report), [report.target] if len(self._run.targets) > 1 else []
        return Text(word, STYLES[word]), printable(report.path), *target, printable(report.saved_by.keras or ""), findings


def _word(report: FileReport) -> str:
    """The verdict about the file, or what the policy makes of it where that is something else."""
    if report.gate is Gate.FAILED:
        return "sick" if report.verdict is Verdict.SICK else "refused"
    if report.gate is Gate.UNKNOWN:
        return "sick" if report.verdict is Verdict.SICK else "unknown"
    return "accepted" if report.verdict is Verdict.SICK else report.verdict.value


def _codes(report: FileReport, severity: Severity) -> list[str]:
    return list(dict.fromkeys(found.code for found in report.findings if found.severity is severity))


def _totals(totals: Totals, run: Run, seconds: float) -> str:
    parts = [f"{totals.verdicts[word]} {word}" for word in ("sick", "unknown", "healthy") if totals.verdicts[word]]
    doubt = f" ({totals.undecided} of them not vouched for)" if totals.undecided else ""
    none = "no model files found" if totals.complete else "no file examined"
    rate = f" · {totals.reports} files in {seconds:.1f} s" if totals.reports else none
    cut = "" if totals.complete else "interrupted: what follows was not examined · "
    return f"{cut}{', '.join(parts)}{doubt}{rate} · {', '.join(str(target) for target in run.targets)}"


def render(reports: Iterable[FileReport], run: Run, seconds: float, *, width: int = 100, color: bool = False, every: bool = False) -> str:
    """The whole summary at once."""
    sheet, totals, text = Sheet(run, width=width, color=color, every=every), Totals(), ""
    for report in reports:
        totals.add(report)
        text += sheet.add(report)
    return text + sheet.end(totals, seconds)
