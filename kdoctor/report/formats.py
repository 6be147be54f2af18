"""The formats by name, and one way to write them all: some text before the first report, for each report, and after the last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from kdoctor.file_report import FileReport
from kdoctor.report.run import Run
from kdoctor.totals import Totals


class Format(Protocol):
    """A module of this package: three pure functions, and what stands between two items of ``each``."""

    SEPARATOR: str

    def begin(self, run: Run) -> str: ...

    def each(self, run: Run, report: FileReport) -> tuple[str, ...]: ...

    def end(self, run: Run, totals: Totals) -> str: ...


def formats() -> Mapping[str, Format]:
    """Every format for programs by its name; the page for people is another matter."""
    from kdoctor.report import csv, github, gitlab, json, jsonl, junit, markdown, sarif

    return {
        "json": json, "jsonl": jsonl, "sarif": sarif, "junit": junit, "github": github, "gitlab": gitlab, "markdown": markdown, "csv": csv,
    }  # fmt: skip


class Writer:
    """The text of one format for one run, piece by piece: nothing of a report is kept once it is said."""

    def __init__(self, format: Format, run: Run) -> None:
        self._format, self._run = format, run
        self._first = True

    def begin(self) -> str:
        return self._format.begin(self._run)

    def add(self, report: FileReport) -> str:
        items = self._format.each(self._run, report)
        if not items:
            return ""
        text = ("" if self._first else self._format.SEPARATOR) + self._format.SEPARATOR.join(items)
        self._first = False
        return text

    def end(self, totals: Totals) -> str:
        return self._format.end(self._run, totals)


def rendered(format: Format, run: Run, reports: Iterable[FileReport]) -> str:
    """The whole text at once."""
    writer, totals, parts = Writer(format, run), Totals(), []
    parts.append(writer.begin())
    for report in reports:
        totals.add(report)
        parts.append(writer.add(report))
    return "".join([*parts, writer.end(totals)])
