"""A page for a pull request or a job's summary: a table of the files that need attention, and the totals.

What a file says stands in code spans only, where no markup, mention or link is looked for.
"""

from __future__ import annotations

import re

from kdoctor.file_report import FileReport, Gate
from kdoctor.report.printable import printable
from kdoctor.report.run import Run
from kdoctor.totals import Totals

SEPARATOR = ""
BACKTICKS = re.compile("`+")
SIGNS = {Gate.PASSED: "passed", Gate.FAILED: "**failed**", Gate.UNKNOWN: "**not examined**"}


def begin(run: Run) -> str:
    targets = ", ".join(str(target) for target in run.targets)
    return f"### kdoctor: {targets}\n\n| gate | file | code | finding | where |\n|---|---|---|---|---|\n"


def each(run: Run, report: FileReport) -> tuple[str, ...]:
    """No row for a file with nothing to say of it."""
    sign = SIGNS[report.gate]
    shown = code(report.path) + (f" {report.target}" if len(run.targets) > 1 else "")
    rows = [
        f"| {sign} | {shown} | {one.code} {one.severity} | {code(one.message)} | {code(one.where.layer or one.where.pointer)} |\n"
        for one in report.findings
    ]
    rows += [f"| {sign} | {shown} | | not checked: {code(one.error)} | |\n" for one in report.failures]
    return ("".join(rows),)


def end(run: Run, totals: Totals) -> str:
    files = ", ".join(f"{totals.gates[gate.value]:,} {gate.value}" for gate in Gate)
    cut = "" if totals.complete else "**Interrupted: what follows was not examined.** "
    return f"\n{cut}{totals.reports:,} files: {files}. {totals.sentence()}.\n"


def code(text: str) -> str:
    """A code span that holds the text, whatever is in it; a bar would end the table's cell."""
    shown = printable(text).replace("|", "\\|").strip()
    if not shown:
        return ""
    fence = "`" * (1 + max((len(run) for run in BACKTICKS.findall(shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
