"""The summary of a scan for people: the files that need attention, and the totals."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.table import Table
from rich.text import Text

from kdoctor.report import page
from kdoctor.report.printable import printable

LISTED = 1_000  # lines of one table
STYLES = {"sick": "red", "unknown": "magenta", "healthy": "green"}


def render(
    reports: Iterable[dict[str, Any]], target: str, seconds: float, *, width: int = 100, color: bool = False, every: bool = False
) -> str:
    """One line for each file that is not healthy (or has warnings), then the totals; ``every`` lists healthy files too."""
    return "".join(pieces(reports, target, lambda: seconds, width=width, color=color, every=every))


def pieces(
    reports: Iterable[dict[str, Any]],
    target: str,
    seconds: Callable[[], float],
    *,
    width: int = 100,
    color: bool = False,
    every: bool = False,
    interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[str]:
    """The same for any number of reports: the lines of every so many stand in a table of their own, so that few are ever held.

    What is only known at the end is asked for then: seconds, and whether the scan was ``interrupted``.
    """
    console, printed = page.blank(width, color)
    counts: Counter[str] = Counter()
    for kept in _kept(reports, counts, every):
        view = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
        for heading in ("verdict", "file", "saved by", "findings"):
            view.add_column(heading, overflow="fold")
        for report in kept:
            view.add_row(*_row(report))
        console.print(view)
        yield _taken(printed)
    if counts["listed"]:
        console.print()
    console.print(_totals(counts, target, seconds(), interrupted()), soft_wrap=True)
    yield _taken(printed)


def _kept(reports: Iterable[dict[str, Any]], counts: Counter[str], every: bool) -> Iterator[list[dict[str, Any]]]:
    """What is listed, so many reports at a time; all are counted."""
    kept = []
    for report in reports:
        counts[report["verdict"]] += 1
        counts["undecided"] += report["loads"] is None and report["verdict"] == "healthy"
        if every or report["verdict"] != "healthy" or _codes(report, "warning"):
            counts["listed"] += 1
            kept.append(report)
        if len(kept) == LISTED:
            yield kept
            kept = []
    if kept:
        yield kept


def _taken(printed: io.StringIO) -> str:
    text = printed.getvalue()
    printed.seek(0)
    printed.truncate()
    return text


def _row(report: dict[str, Any]) -> tuple[Text | str, ...]:
    told = [(" ".join(_codes(report, severity)), style) for severity, style in (("error", "red"), ("warning", "yellow"))]
    told += [(printable(failure["error"]), "magenta") for failure in report["failures"]]
    findings = Text(" ").join(Text(text, style) for text, style in told if text)
    saved = report["saved_by"]["keras"] or ""
    return Text(report["verdict"], STYLES[report["verdict"]]), printable(report["path"]), printable(saved), findings


def _codes(report: dict[str, Any], severity: str) -> list[str]:
    return list(dict.fromkeys(found["code"] for found in report["findings"] if found["severity"] == severity))


def _totals(counts: Counter[str], target: str, seconds: float, interrupted: bool) -> str:
    files = sum(counts[word] for word in STYLES)
    parts = [f"{counts[word]} {word}" for word in STYLES if counts[word]]
    doubt = f" ({counts['undecided']} of them not vouched for)" if counts["undecided"] else ""
    rate = f" · {files} files in {seconds:.1f} s" if files else "no model files found"
    cut = "interrupted: what follows was not examined · " if interrupted else ""
    return f"{cut}{', '.join(parts)}{doubt}{rate if files or not interrupted else 'no file examined'} · {target}"
