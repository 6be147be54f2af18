"""``kdoctor snippet``: the shortest correct Python that loads a file today."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdoctor.cli.options import CustomOption, Purpose, TargetOption, existing, make_target
from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks


def snippet(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A saved Keras file.")],
    target: TargetOption = "installed",
    custom: CustomOption = [],  # noqa: B006
) -> None:
    """Print the Python that loads FILE as it is, with imports and custom_objects; exit code 1 where it has to be repaired first."""
    from kdoctor.report.printable import printable
    from kdoctor.snippet import snippet as written

    existing([file])
    report = examine_file(file, make_target(target, Purpose.INFERENCE, custom), load_checks())
    lines = written(report)
    if lines is None:
        codes = ", ".join(dict.fromkeys(found.check.code for found in report.errors)) or "it could not be examined"
        typer.echo(printable(f"# {file} does not load in {report.target} as it is ({codes}): see kdoctor inspect, and kdoctor fix"))
        raise typer.Exit(1)
    for line in lines:
        typer.echo(printable(line))
