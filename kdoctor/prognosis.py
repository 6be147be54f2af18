"""Which Keras releases load a file: the same examination, asked of each release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kdoctor.check import Check
from kdoctor.document import Document
from kdoctor.engine import Outlook, examine
from kdoctor.keras_api.catalogue import known_releases
from kdoctor.target import Target

ORDER = ("keras", "tf.keras", "tf-keras")


def foresee(document: Document, target: Target, checks: Sequence[Check]) -> tuple[Outlook, ...]:
    """An outlook for the newest known patch of every minor release, oldest first within a family; the target's other properties hold."""
    newest: dict[tuple[str, ...], Target] = {}
    for release in known_releases():
        family, _, number = release.partition("==")
        minor = (family, *number.split(".")[:2])
        newest[minor] = replace(target, release=number, family=family)
    found = []
    for one in sorted(newest.values(), key=lambda one: (ORDER.index(one.family), one.minor)):
        beside = one.release == target.release and one.family == target.family
        report = examine(document, replace(one, python=target.python if beside else None), checks)
        found.append(Outlook(one, report.loads, next(iter(report.errors), None)))
    return tuple(found)
