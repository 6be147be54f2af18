"""``kdoctor inspect``: what is in a file, what is wrong, where, and the command that cures it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from kdoctor.archive import Place
from kdoctor.archive.remote.address import is_remote
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
    existing,
    make_target,
    page_width,
    wants_color,
)
from kdoctor.doctor import examine_file
from kdoctor.engine import Report
from kdoctor.packs import load_checks


def inspect(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Saved Keras files: .keras, .h5, .hdf5, an unzipped folder, or the address of one.")
    ],
    target: TargetOption = "installed",
    format: FormatOption = Format.TEXT,
    fail_on: FailOnOption = FailOn.ERROR,
    purpose: PurposeOption = Purpose.INFERENCE,
    custom: CustomOption = [],  # noqa: B006 - typer copies it
    deep: Annotated[bool, typer.Option("--deep", help="Look at the numbers of the weights too: NaN, infinity.")] = False,
    all_layers: Annotated[bool, typer.Option("--all-layers", help="Show every layer of a long model.")] = False,
) -> None:
    """Show what is in a file, what is wrong with it, and the command that cures it. Nothing in the file is run."""
    everywhere = target == "all"
    asked = make_target("installed" if everywhere else target, purpose, custom)
    checks = load_checks()
    reports = [examine_file(path, asked, checks, everywhere=everywhere, deep=deep) for path in [*_places(files)]]
    if format is Format.JSON:
        from kdoctor.report import json

        typer.echo(json.render(reports, asked))
    else:
        from kdoctor.report import text

        typer.echo(text.render(reports, width=page_width(), color=wants_color(), all_layers=all_layers), nl=False, color=wants_color())
    raise typer.Exit(exit_code(reports, fail_on.severity))


def _places(files: Sequence[str]) -> Iterator[Place]:
    """Each file, and the models at each address. Raises `UsageError` for what does not exist."""
    for text in files:
        if is_remote(text):
            from kdoctor.archive.remote.listing import find_remote
            from kdoctor.scanning.files import named_like_a_model

            yield from find_remote(text, named_like_a_model)
        else:
            yield from existing([Path(text)])


def exit_code(reports: Sequence[Report], fail_on: Severity) -> int:
    """0: nothing at or above the severity; 1: findings; 3: something could not be examined, and no finding outweighs it."""
    worst = max((found.severity for report in reports for found in report.findings), default=None)
    if worst is not None and worst >= fail_on:
        return 1
    return 3 if any(report.failures for report in reports) else 0
