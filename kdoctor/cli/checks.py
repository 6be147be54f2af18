"""``kdoctor checks``: the list of what is examined."""

from __future__ import annotations

import typer

from kdoctor.packs import load_checks


def checks() -> None:
    """List every check: code, name, severity, and what it finds."""
    found = load_checks()
    width = max(len(check.name) for check in found)
    for check in found:
        typer.echo(f"{check.code}  {check.name:{width}}  {check.severity!s:7}  {check.summary}")
