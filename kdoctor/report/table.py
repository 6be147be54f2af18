"""The summary of a scan for people: the files that need attention, and the totals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeAlias

from kdoctor.file_report import FileReport, Gate
from kdoctor.report import page
from kdoctor.report.printable import printable
from kdoctor.report.run import Run
from kdoctor.totals import Totals
from kdoctor.verdict import Severity, Verdict

if TYPE_CHECKING:
    from rich.text import Text

Cell: TypeAlias = tuple[tuple[str, str], ...]  # texts, each with its style
LISTED = 1_000  # lines of one table
STYLES = {"sick": "red", "refused": "red", "unknown": "magenta", "accepted": "yellow", "healthy": "green"}


class Sheet:
    """One line for each file that is not healthy (or has warnings), then the totals; ``every`` lists healthy files too.

    The lines of every so many stand in a table of their own, so that few are ever held. ``width`` is a terminal's; None: nothing is folded,
    as whatever reads a pipe or a file line by line expects.
    """

    def __init__(self, run: Run, *, width: int | None = None, color: bool = False, every: bool = False) -> None:
        self._run, self._width, self._color, self._every = run, width, color, every
        self._rows: list[tuple[Cell, ...]] = []
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
        gap = "\n" if self._listed else ""
        return f"{listed}{gap}{_totals(totals, self._run, seconds)}\n" + (f"{totals.sentence()}\n" if totals.reports else "")

    def _table(self) -> str:
        if not self._rows:
            return ""
        several = ["target"] if len(self._run.targets) > 1 else []
        headings = ("verdict", "file", *several, "saved by", "findings")
        rows, self._rows, self._listed = self._rows, [], True
        if self._width is None and not self._color:
            return _plain(headings, rows)
        return _folded(headings, rows, self._width or 100, self._color)

    def _row(self, report: FileReport) -> tuple[Cell, ...]:
        styles = ((Severity.ERROR, "red"), (Severity.WARNING, "yellow"))
        told = [(" ".join(_codes(report, severity)), style) for severity, style in styles]
        told += [(printable(failure.error), "magenta") for failure in report.failures]
        told += [(f"({len(report.suppressed)} suppressed)", "dim")] if report.suppressed else []
        findings = tuple((text, style) for text, style in told if text)
        word, target = _word(report), [_bare(report.target)] if len(self._run.targets) > 1 else []
        saved_by = _bare(printable(report.saved_by.keras or ""))
        return ((word, STYLES[word]),), _bare(printable(report.path)), *target, saved_by, findings


def _bare(text: str) -> Cell:
    return ((text, ""),)


def _plain(headings: tuple[str, ...], rows: list[tuple[Cell, ...]]) -> str:
    texts = [headings, *(tuple(" ".join(text for text, _ in cell) for cell in row) for row in rows)]
    return "".join(f"{line}\n" for line in page.columns(texts))


def _folded(headings: tuple[str, ...], rows: list[tuple[Cell, ...]], width: int, color: bool) -> str:
    from rich.table import Table

    console, printed = page.blank(width, color)
    view = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for heading in headings:
        view.add_column(heading, overflow="fold")
    for row in rows:
        view.add_row(*map(_styled, row))
    console.print(view)
    return printed.getvalue()


def _styled(cell: Cell) -> Text:
    from rich.text import Text

    return Text(" ").join(Text(text, style) for text, style in cell)


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
    rate = f" · {totals.reports} file{'' if totals.reports == 1 else 's'} in {seconds:.1f} s" if totals.reports else none
    cut = "" if totals.complete else "interrupted: what follows was not examined · "
    return f"{cut}{', '.join(parts)}{doubt}{rate} · {', '.join(str(target) for target in run.targets)}"


def render(
    reports: Iterable[FileReport], run: Run, seconds: float, *, width: int | None = None, color: bool = False, every: bool = False
) -> str:
    """The whole summary at once."""
    sheet, totals, text = Sheet(run, width=width, color=color, every=every), Totals(), ""
    for report in reports:
        totals.add(report)
        text += sheet.add(report)
    return text + sheet.end(totals, seconds)
