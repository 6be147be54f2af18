"""``kdoctor scan``: thousands of files in a deployment gate."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from kdoctor.check import Severity
from kdoctor.cli.options import (
    CustomOption,
    FailOn,
    FailOnOption,
    Format,
    FormatOption,
    Purpose,
    PurposeOption,
    TargetOption,
    make_target,
    page_width,
    wants_color,
)
from kdoctor.target import Target


def scan(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders, and patterns such as 'models/**/*.h5'.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Worker processes.", show_default="one per core")] = os.cpu_count() or 1,
    seconds: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds that one file may take.")] = 60.0,
    every: Annotated[bool, typer.Option("--all", help="List healthy files too.")] = False,
    target: TargetOption = "installed",
    format: FormatOption = Format.TEXT,
    fail_on: FailOnOption = FailOn.ERROR,
    purpose: PurposeOption = Purpose.INFERENCE,
    custom: CustomOption = [],  # noqa: B006 - typer copies it
) -> None:
    """Examine every saved model under PATH, each in a process with limits. A bad file never stops the rest."""
    from kdoctor.scanning.files import find_models
    from kdoctor.scanning.workers import WorkerLimits, examine_all

    asked = make_target(target, purpose, custom)
    files = find_models(paths)
    start = time.perf_counter()
    reports = list(_with_progress(examine_all(files, asked, jobs, WorkerLimits(seconds)) if files else (), files))
    typer.echo(_rendered(reports, asked, format, time.perf_counter() - start, every), nl=False, color=wants_color())
    raise typer.Exit(_exit_code(reports, fail_on.severity))


def _with_progress(reports: Iterable[dict[str, Any]], files: list[Path]) -> Iterator[dict[str, Any]]:
    """A progress bar on standard error, on a terminal only."""
    if not sys.stderr.isatty():
        yield from reports
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(reports, total=len(files), description="Examining", console=Console(stderr=True), transient=True)


def _rendered(reports: list[dict[str, Any]], target: Target, format: Format, seconds: float, every: bool) -> str:
    if format is Format.JSON:
        from kdoctor.report import json

        return json.render_objects(reports, target) + "\n"
    from kdoctor.report import table

    return table.render(reports, str(target), seconds, width=page_width(), color=wants_color(), every=every)


def _exit_code(reports: list[dict[str, Any]], fail_on: Severity) -> int:
    """As for inspect: 1 for findings, 3 when something could not be examined and no finding outweighs it."""
    severities = {Severity[found["severity"].upper()] for report in reports for found in report["findings"]}
    if any(severity >= fail_on for severity in severities):
        return 1
    return 3 if any(report["failures"] for report in reports) else 0
