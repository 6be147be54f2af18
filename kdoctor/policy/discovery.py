"""The policy of the working folder's project, unless it came with the very files that are to be judged."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from kdoctor.policy.policy import Policy
from kdoctor.policy.reading import load, read_policy, section


def project_file(start: Path) -> Path | None:
    """The nearest pyproject.toml of this folder and those above it, if it has a policy."""
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            return path if section(load(path)) is not None else None
    return None


def find_policy(scanned: Iterable[str], start: Path | None = None) -> tuple[Policy, str | None]:
    """The project's policy, or none; and a sentence about one that was found and not used.

    A policy within a scanned folder may have been put there by whoever made the files: it is used only when it is named.
    """
    found = project_file((start or Path.cwd()).absolute())
    if found is None:
        return Policy(), None
    home = os.path.realpath(found.parent)
    for text in scanned:
        if os.path.isdir(text) and Path(home).is_relative_to(os.path.realpath(text)):
            shown = os.path.relpath(found)
            return Policy(), f"the policy in {shown} lies in the scanned folder and is not used; if it is yours, say --config {shown}"
    return read_policy(found), None
