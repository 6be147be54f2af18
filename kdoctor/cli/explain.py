"""``kdoctor explain``: a check's page."""

from __future__ import annotations

from typing import Annotated

import typer

from kdoctor.errors import UsageError
from kdoctor.packs import load_checks


def explain(code: Annotated[str, typer.Argument(metavar="CODE", help="A check's code or name: K201, input-shape-conflict.")]) -> None:
    """Print a check's page: what it finds, why it is bad, and what cures it."""
    for check in load_checks():
        if code.upper() == check.code or code.lower() == check.name:
            mild = f", at times {check.mild}" if check.mild is not check.severity else ""
            typer.echo(f"{check.code} {check.name} ({check.severity}{mild}; since {check.since})\n\n{check.page}")
            return
    from kdoctor.policy.bounds import PAGES

    for bound, (name, severity, page) in PAGES.items():
        if code.upper() == bound or code.lower() == name:
            typer.echo(f"{bound} {name} ({severity}; a bound of a policy)\n\n{page}")
            return
    raise UsageError(f"there is no check {code!r}; `kdoctor checks` lists them")
