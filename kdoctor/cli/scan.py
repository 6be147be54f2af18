"""``kdoctor scan``: thousands of files in a deployment gate."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, Optional

import typer

from kdoctor.cli.options import (
    CustomOption,
    FailOn,
    OutputOption,
    Purpose,
    PurposeOption,
    ReportFormat,
    ReportFormatOption,
    TargetOption,
    make_target,
)
from kdoctor.report.printable import printable
from kdoctor.target import Target

if TYPE_CHECKING:
    from kdoctor.archive import Place
    from kdoctor.file_report import FileReport

COLLECTED = (
    20_000,
    50,
    100,
)  # by gc: each report that is written leaves a circle (json's encoder), and a scan may go on for a million of them
MOST_TARS = 5  # that are named

CacheOption = Annotated[
    Optional[Path],  # noqa: UP045 - typer reads it at run time
    typer.Option(
        "--cache", envvar="KDOCTOR_CACHE", metavar="FILE", help="Remember reports here: files that have not changed are not opened again."
    ),
]
ResumeOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--resume", metavar="FILE", help="Note the progress here, and take up from there if an earlier scan was interrupted."),
]
ClusterOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--cluster",
        metavar="tcp://HOST:PORT|local",
        help="Let the workers of a Dask cluster list and examine, or those of one started here.",
    ),
]
ConfigOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--config", metavar="FILE", help="The policy; else [tool.kdoctor] in the pyproject.toml of the working folder's project."),
]
BaselineOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--baseline", metavar="FILE", help="Findings that were accepted before do not count."),
]
WriteBaselineOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--write-baseline", metavar="FILE", help="Accept every finding of this run: write them there."),
]
FailOnOption = Annotated[
    Optional[FailOn],  # noqa: UP045
    typer.Option("--fail-on", help="The least severity that makes the exit code 1; none: no finding does.", show_default="error"),
]


def scan(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders, and patterns such as 'models/**/*.h5'.")],
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Worker processes.", show_default="one per core")] = os.cpu_count() or 1,
    seconds: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds that one file may take.")] = 60.0,
    every: Annotated[bool, typer.Option("--all", help="List healthy files too.")] = False,
    cache: CacheOption = None,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Neither read nor write a cache, whatever KDOCTOR_CACHE says.")] = False,
    resume: ResumeOption = None,
    cluster: ClusterOption = None,
    config: ConfigOption = None,
    baseline: BaselineOption = None,
    write_baseline: WriteBaselineOption = None,
    target: TargetOption = "",
    format: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = [],  # noqa: B006 - typer copies it
    fail_on: FailOnOption = None,
    purpose: PurposeOption = Purpose.INFERENCE,
    custom: CustomOption = [],  # noqa: B006
) -> None:
    """Examine every saved model under PATH, each in a process with limits. A bad file never stops the rest."""
    from kdoctor.cli.judging import Accepted, asked_question
    from kdoctor.cli.outputs import Outputs, parse_outputs, write_all
    from kdoctor.gate import judged
    from kdoctor.scanning.files import find_models
    from kdoctor.scanning.interruption import EXIT, Interruptible
    from kdoctor.totals import Totals

    gc.set_threshold(*COLLECTED)
    wanted = parse_outputs(output)
    accepted = Accepted(write_baseline)
    question = asked_question(paths, config, baseline, fail_on, lambda text: make_target(text, purpose, custom), target, _tell)
    tars = Tars(set())
    begun = [find_models(paths, None, tars.add)]  # a path that does not exist is told before anything else
    examine = Examination(paths, begun, tars, jobs, seconds, None if no_cache else cache, resume, cluster, question.targets[-1])
    run, totals = question.run(), Totals()
    reports = Interruptible(_with_progress(judged(question, examine, run)))
    write_all(Outputs(run, format.value, wanted, every=every), accepted.seen(reports), totals, lambda: not reports.interrupted)
    if reports.interrupted:
        raise typer.Exit(EXIT)
    tars.tell()
    accepted.tell(question, totals, _tell)
    raise typer.Exit(accepted.write(totals))


class Tars(NamedTuple):
    """The tar archives in the folders that were searched, which are opened when they are given by name."""

    places: set[str]

    def add(self, place: Place) -> None:
        self.places.add(str(place))

    def tell(self) -> None:
        if self.places:
            many = "1 tar archive" if len(self.places) == 1 else f"{len(self.places)} tar archives"
            shown = ", ".join(sorted(self.places)[:MOST_TARS]) + (", …" if len(self.places) > MOST_TARS else "")
            _tell(f"not opened, give by name what may hold models: {many} ({shown})")


@dataclass(frozen=True, slots=True)
class Examination:
    """How the files are examined, for one target after the other; ``begun`` is a search for them that the first can go on with."""

    paths: list[str]
    begun: list[Iterator[Place]]
    tars: Tars
    jobs: int
    seconds: float
    cache: Path | None
    resume: Path | None
    cluster: str | None
    last: Target  # after which the journal has done its work

    def __call__(self, target: Target) -> Iterator[dict[str, Any]]:
        from kdoctor.scanning.files import find_models
        from kdoctor.scanning.job import WorkerLimits
        from kdoctor.scanning.memories import opened
        from kdoctor.scanning.workers import examine_all

        with opened(self.cache, self.resume, target, _tell) as memories, _workforce(self.cluster, self.jobs) as (search, crews):
            files = self.begun.pop() if self.begun and self.cluster is None else find_models(self.paths, search, self.tars.add)
            yield from examine_all(files, target, self.jobs, WorkerLimits(self.seconds), memories, crews)
            if memories.journal is not None and target is self.last:
                memories.journal.forget()


@contextmanager
def _workforce(cluster: str | None, jobs: int) -> Iterator[tuple[Any, Any]]:
    """Who searches folders and who examines: a cluster's workers, or this machine's."""
    if cluster is None:
        from kdoctor.scanning.crew import OwnCrew
        from kdoctor.scanning.files import searched

        yield searched, OwnCrew
        return
    from kdoctor.scanning.cluster import connected

    with connected(cluster, jobs) as there:
        yield there.search, there.crew


def _tell(sentence: str) -> None:
    print(f"kdoctor: {printable(sentence)}", file=sys.stderr)


def _with_progress(reports: Iterable[FileReport]) -> Iterator[FileReport]:
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
