"""``kdoctor verify``: load a file with real Keras, in a process of its own, and compare what it computes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kdoctor.cli.options import existing


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A saved Keras file.")],
    against: Annotated[Path | None, typer.Option("--against", metavar="OTHER", help="A file that must compute the same.")] = None,
    trust: Annotated[
        list[str],
        typer.Option(
            "--trust", metavar="FOLDER|HANDLE|FILE", help="TensorFlow Hub modules that may run: a folder of them, or FILE itself."
        ),
    ] = [],  # noqa: B006
    seconds: Annotated[float, typer.Option("--timeout", help="Seconds that Keras gets.")] = 300.0,
) -> None:
    """Load FILE with the installed Keras (safe mode, a process of its own), predict on seeded input, compare with OTHER."""
    from kdoctor.report.verification import render
    from kdoctor.verify import VerifyLimits
    from kdoctor.verify import verify as run

    existing([file, *([against] if against else [])])
    found = run(file, against=against, trust=trust, limits=VerifyLimits(seconds=seconds))
    typer.echo(render(found, str(file), str(against) if against else None))
    raise typer.Exit(0 if found.loads and found.same is not False else 1)
