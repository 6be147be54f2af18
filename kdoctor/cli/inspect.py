"""``kdoctor inspect``: what is in a file, what is wrong, where, and the command that cures it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from kdoctor.archive import Place
from kdoctor.archive.remote.address import is_remote
from kdoctor.cli.options import (
    CustomOption,
    FailOn,
    FailOnOption,
    OutputOption,
    Purpose,
    PurposeOption,
    ReportFormat,
    ReportFormatOption,
    TargetOption,
    existing,
    make_target,
    page_width,
    wants_color,
)
from kdoctor.cli.outputs import Outputs, parse_outputs, write_all
from kdoctor.cli.progress import bar
from kdoctor.doctor import examine_file
from kdoctor.errors import UsageError
from kdoctor.file_report import FileReport
from kdoctor.packs import load_checks
from kdoctor.report.json import report_object
from kdoctor.report.run import Rule, Run
from kdoctor.totals import Totals


def inspect(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Saved Keras files: .keras, .h5, .hdf5, an unzipped folder, or the address of one.")
    ],
    target: TargetOption = "installed",
    format: ReportFormatOption = ReportFormat.TEXT,
    output: OutputOption = [],  # noqa: B006 - typer copies it
    fail_on: FailOnOption = FailOn.ERROR,
    purpose: PurposeOption = Purpose.INFERENCE,
    custom: CustomOption = [],  # noqa: B006 - typer copies it
    deep: Annotated[
        bool, typer.Option("--deep", help="Look at the numbers of the weights too: NaN, infinity, constant kernels, denormals.")
    ] = False,
    all_layers: Annotated[bool, typer.Option("--all-layers", help="Show every layer of a long model, and every finding.")] = False,
) -> None:
    """Show what is in a file, what is wrong with it, and the command that cures it. Nothing in the file is run."""
    everywhere = target == "all"
    asked = make_target("installed" if everywhere else target, purpose, custom)
    outputs = parse_outputs(output)
    checks = load_checks()
    with bar("reading") if deep else nullcontext() as progress:
        reports = [examine_file(path, asked, checks, everywhere=everywhere, deep=deep, progress=progress) for path in [*_places(files)]]
    if format is ReportFormat.TEXT:
        from kdoctor.report import text

        typer.echo(text.render(reports, width=page_width(), color=wants_color(), all_layers=all_layers), nl=False, color=wants_color())
    rules = tuple(Rule.of(check) for check in checks)
    run = Run((asked,), rules, fail_on.severity)
    values = [FileReport.from_object(report_object(report)).judged(fail_on.severity) for report in reports]
    totals = Totals()
    write_all(Outputs(run, None if format is ReportFormat.TEXT else format.value, outputs, every=True), values, totals)
    raise typer.Exit(totals.exit_code)


def _places(files: Sequence[str]) -> Iterator[Place]:
    """Each file, and the models at each address. Raises `UsageError` for what does not exist."""
    for text in files:
        if not text:  # Path would take it for this folder
            raise UsageError("FILE: an empty name")
        if is_remote(text):
            from kdoctor.scanning.files import find_models

            yield from find_models([text])
        else:
            yield from existing([Path(text)])
