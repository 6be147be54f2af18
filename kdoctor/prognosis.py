"""Which Keras releases load a file: the same examination, asked of each release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kdoctor.check import Check
from kdoctor.document import Document
from kdoctor.engine import Outlook, examine
from kdoctor.keras_api.catalogue import releases
from kdoctor.target import Target


def foresee(document: Document, target: Target, checks: Sequence[Check]) -> tuple[Outlook, ...]:
    """An outlook for the newest known patch of every minor release, oldest first; the target's other properties hold for each."""
    newest: dict[tuple[str, ...], str] = {tuple(release.split(".")[:2]): release for release in releases()}
    found = []
    for release in newest.values():
        python = target.python if release == target.release else None
        report = examine(document, replace(target, release=release, python=python), checks)
        found.append(Outlook(release, report.loads, next(iter(report.errors), None)))
    return tuple(found)
