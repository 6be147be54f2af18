"""The summary of a scan for people: the files that need attention, and the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from kdoctor.report import page
from kdoctor.report.printable import printable

STYLES = {"sick": "red", "unknown": "magenta", "healthy": "green"}


def render(
    reports: Sequence[dict[str, Any]], target: str, seconds: float, *, width: int = 100, color: bool = False, every: bool = False
) -> str:
    """One line for each file that is not healthy (or has warnings), then the totals; ``every`` lists healthy files too."""
    console, printed = page.blank(width, color)
    view = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for heading in ("verdict", "file", "saved by", "findings"):
        view.add_column(heading, overflow="fold")
    for report in reports:
        if every or report["verdict"] != "healthy" or _codes(report, "warning"):
            view.add_row(*_row(report))
    if view.row_count:
        console.print(view)
        console.print()
    console.print(_totals(reports, target, seconds), soft_wrap=True)
    return printed.getvalue()


def _row(report: dict[str, Any]) -> tuple[Text | str, ...]:
    told = [(" ".join(_codes(report, severity)), style) for severity, style in (("error", "red"), ("warning", "yellow"))]
    told += [(printable(failure["error"]), "magenta") for failure in report["failures"]]
    findings = Text(" ").join(Text(text, style) for text, style in told if text)
    saved = report["saved_by"]["keras"] or ""
    return Text(report["verdict"], STYLES[report["verdict"]]), printable(report["path"]), printable(saved), findings


def _codes(report: dict[str, Any], severity: str) -> list[str]:
    return list(dict.fromkeys(found["code"] for found in report["findings"] if found["severity"] == severity))


def _totals(reports: Sequence[dict[str, Any]], target: str, seconds: float) -> str:
    verdicts = Counter(report["verdict"] for report in reports)
    undecided = sum(report["loads"] is None and report["verdict"] == "healthy" for report in reports)
    parts = [f"{verdicts[word]} {word}" for word in ("sick", "unknown", "healthy") if verdicts[word]]
    doubt = f" ({undecided} of them not vouched for)" if undecided else ""
    rate = f" · {len(reports)} files in {seconds:.1f} s" if reports else "no model files found"
    return f"{', '.join(parts)}{doubt}{rate} · {target}"
