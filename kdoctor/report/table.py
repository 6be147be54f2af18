"""The summary of a scan for people: the files that need attention, and the totals."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

STYLES = {"sick": "red", "unknown": "magenta", "healthy": "green"}


def render(
    reports: Sequence[dict[str, Any]], target: str, seconds: float, *, width: int = 100, color: bool = False, every: bool = False
) -> str:
    """One line for each file that is not healthy (or has warnings), then the totals; ``every`` lists healthy files too."""
    page = io.StringIO()
    console = Console(
        file=page, width=width, force_terminal=color, no_color=not color, color_system="standard" if color else None, emoji=False
    )
    view = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", show_edge=False)
    for heading in ("verdict", "file", "saved by", "findings"):
        view.add_column(heading, overflow="fold")
    for report in reports:
        if every or report["verdict"] != "healthy" or _codes(report, "warning"):
            view.add_row(*_row(report))
    if view.row_count:
        console.print(view)
        console.print()
    console.print(_totals(reports, target, seconds), highlight=False, soft_wrap=True)
    return page.getvalue()


def _row(report: dict[str, Any]) -> tuple[str, ...]:
    style = STYLES[report["verdict"]]
    saved = report["saved_by"]["keras"] or ""
    told = [f"[red]{' '.join(_codes(report, 'error'))}[/]", f"[yellow]{' '.join(_codes(report, 'warning'))}[/]"]
    told += [f"[magenta]{escape(failure['error'])}[/]" for failure in report["failures"]]
    return f"[{style}]{report['verdict']}[/]", escape(report["path"]), escape(saved), " ".join(text for text in told if "[]" not in text)


def _codes(report: dict[str, Any], severity: str) -> list[str]:
    return list(dict.fromkeys(found["code"] for found in report["findings"] if found["severity"] == severity))


def _totals(reports: Sequence[dict[str, Any]], target: str, seconds: float) -> str:
    verdicts = Counter(report["verdict"] for report in reports)
    undecided = sum(report["loads"] is None and report["verdict"] == "healthy" for report in reports)
    parts = [f"{verdicts[word]} {word}" for word in ("sick", "unknown", "healthy") if verdicts[word]]
    doubt = f" ({undecided} of them not vouched for)" if undecided else ""
    rate = f" · {len(reports)} files in {seconds:.1f} s" if reports else "no model files found"
    return f"{', '.join(parts)}{doubt}{rate} · {target}"
