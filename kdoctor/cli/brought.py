"""The file that a command works on: here, or brought here from an address for as long as it works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import typer

from kdoctor.archive.remote.address import address_of, is_remote, shown
from kdoctor.cli.options import existing
from kdoctor.engine import Plan
from kdoctor.errors import UsageError


@contextmanager
def brought(text: str, out: Path | None, *, in_place: bool = False) -> Iterator[tuple[Path, Path]]:
    """The file to read, and the path that says where files beside it belong: for an address that is the working folder.

    Raises `UsageError` for what is not there, and for an output at an address.
    """
    if out is not None and (address := address_of(out)) is not None and not out.parent.is_dir():
        raise UsageError(
            f"{shown(address)}: kdoctor writes files of this machine alone, where it can promise that nothing is overwritten or half "
            "written; write the file here, and upload it"
        )
    if os.path.exists(text) or not is_remote(text):
        existing([Path(text)])
        yield Path(text), Path(text)
        return
    if in_place:
        raise UsageError("--in-place is for files of this machine: name the repaired one with -o")
    from kdoctor.archive.remote.download import downloaded  # brings fsspec
    from kdoctor.archive.remote.listing import find_remote
    from kdoctor.report.phrases import size
    from kdoctor.scanning.files import named_like_a_model

    found, is_folder = find_remote(text, named_like_a_model)
    if is_folder:
        raise UsageError(f"{shown(text)} is a folder: name one file in it, or download the folder")

    def tell(count: int | None) -> None:
        typer.echo(f"{found}: {'downloading' if count is None else f'downloading {size(count)}'}", err=True)

    with downloaded(found, Path(os.curdir) if out is None else out.parent, tell) as path:
        yield path, Path(found.name)


def under(plan: Plan, text: str) -> Plan:
    """The plan of a file as the user named it, without what of an address may not be shown."""
    name = shown(text)
    return replace(plan, before=replace(plan.before, path=name), after=replace(plan.after, path=name))
