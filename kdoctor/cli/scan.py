"""``kdoctor scan``: thousands of files in a deployment gate."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Optional

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
from kdoctor.report.printable import printable
from kdoctor.target import Target


def scan(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders, and patterns such as 'models/**/*.h5'.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Worker processes.", show_default="one per core")] = os.cpu_count() or 1,
    seconds: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds that one file may take.")] = 60.0,
    every: Annotated[bool, typer.Option("--all", help="List healthy files too.")] = False,
    cache: Annotated[
        Optional[Path],  # noqa: UP045 - typer reads it at run time
        typer.Option(
            "--cache",
            envvar="KDOCTOR_CACHE",
            metavar="FILE",
            help="Remember reports here: files that have not changed are not opened again.",
        ),
    ] = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write a cache, whatever KDOCTOR_CACHE says.")] = False,
    resume: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--resume", metavar="FILE", help="Note the progress here, and take up from there if an earlier scan was interrupted."),
    ] = None,
    target: TargetOption = "installed",
    format: FormatOption = Format.TEXT,
    fail_on: FailOnOption = FailOn.ERROR,
    purpose: PurposeOption = Purpose.INFERENCE,
    custom: CustomOption = [],  # noqa: B006 - typer copies it
) -> None:
    """Examine every saved model under PATH, each in a process with limits. A bad file never stops the rest."""
    from kdoctor.scanning.crew import warm_up
    from kdoctor.scanning.examination import WorkerLimits
    from kdoctor.scanning.files import find_models
    from kdoctor.scanning.interruption import EXIT, Interruptible
    from kdoctor.scanning.memories import opened
    from kdoctor.scanning.workers import examine_all

    asked = make_target(target, purpose, custom)
    files = find_models(paths)
    warm_up()
    start = time.perf_counter()
    outcome = Outcome(fail_on.severity)
    with opened(None if no_cache else cache, resume, asked, _tell) as memories:
        found = Interruptible(_with_progress(examine_all(files, asked, jobs, WorkerLimits(seconds), memories)))
        for piece in _pieces(outcome.seen(found), asked, format, every, lambda: time.perf_counter() - start, lambda: found.interrupted):
            typer.echo(piece, nl=False, color=wants_color())
        if memories.journal is not None and not found.interrupted:
            memories.journal.forget()
    raise typer.Exit(EXIT if found.interrupted else outcome.exit_code)


@dataclass(slots=True)
class Outcome:
    """The exit code, as for inspect: 1 for findings, 3 when something could not be examined and no finding outweighs it."""

    fail_on: Severity
    findings: bool = False
    failures: bool = False

    def seen(self, reports: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """The reports, each looked at as it passes."""
        for report in reports:
            self.findings = self.findings or any(Severity[found["severity"].upper()] >= self.fail_on for found in report["findings"])
            self.failures = self.failures or bool(report["failures"])
            yield report

    @property
    def exit_code(self) -> int:
        return 1 if self.findings else 3 if self.failures else 0


def _tell(sentence: str) -> None:
    print(f"kdoctor: {printable(sentence)}", file=sys.stderr)


def _with_progress(reports: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A count on standard error, on a terminal only: how many are to come is not known, since they are looked for meanwhile."""
    if not sys.stderr.isatty():
        yield from reports
        return
    from rich.console import Console
    from rich.status import Status

    with Status("Examining", console=Console(stderr=True)) as status:
        for number, report in enumerate(reports, 1):
            status.update(f"Examining: {number} files")
            yield report


def _pieces(
    reports: Iterable[dict[str, Any]],
    target: Target,
    format: Format,
    every: bool,
    seconds: Callable[[], float],
    interrupted: Callable[[], bool],
) -> Iterator[str]:
    if format is Format.JSON:
        from kdoctor.report import json

        yield from json.pieces(reports, target, interrupted)
        yield "\n"
    else:
        from kdoctor.report import table

        yield from table.pieces(
            reports, str(target), seconds, width=page_width(), color=wants_color(), every=every, interrupted=interrupted
        )
