"""A bound on what is said of one file: a hostile one gets no page for each of its layers, and no name of a megabyte is said again and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kdoctor.check import Check, Finding, Repair
from kdoctor.pointer import Pointer

LISTED: Final = 1_000  # findings of one check and one severity
LETTERS: Final = 4_000  # of one sentence
COUNT: Final = 40  # letters that say how many are left out


def bounded(check: Check, findings: Sequence[Finding]) -> list[Finding]:
    """The first findings of each severity, and in place of all further ones one that is as grave and says how many they are.

    A whole examination is needed for a repair; this is for who reads, or judges. Nothing graver than what is listed is left out.
    """
    return [_cut(finding) for finding in findings] if len(findings) <= LISTED else _first(check, findings)


def _first(check: Check, findings: Sequence[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    for mild in (False, True) if check.mild is not check.severity else (None,):
        alike = [finding for finding in findings if mild is None or finding.mild is mild]
        kept += [_cut(finding) for finding in alike[:LISTED]]
        if rest := alike[LISTED:]:
            kept.append(_others(rest))
    return kept


def _others(rest: Sequence[Finding]) -> Finding:
    first = _cut(rest[0])
    limits = [finding.recursion_limit for finding in rest]
    return Finding(
        Pointer(first.at.part),
        f"{len(rest):,} more like these: {first.message}",
        repair=Repair(first.repair.title, safety=first.repair.safety) if first.repair is not None else None,
        needs=first.needs,
        keras_says=first.keras_says,
        mild=first.mild,
        undecided=any(finding.undecided for finding in rest),
        recursion_limit=None if None in limits else max(limit for limit in limits if limit is not None),
    )


def _cut(finding: Finding) -> Finding:
    says, repair = finding.keras_says, finding.repair
    if max(map(len, (finding.message, says or "", repair.title if repair is not None else ""))) <= LETTERS:
        return finding
    return finding._replace(
        message=shortened(finding.message),
        keras_says=None if says is None else shortened(says),
        repair=None if repair is None else repair._replace(title=shortened(repair.title)),
    )


def shortened(text: str, letters: int = LETTERS) -> str:
    """A text of at most so many letters and a count of those that are left out of its middle; one that was cut so is not cut again."""
    half = letters // 2
    return text if len(text) <= letters + COUNT else f"{text[:half]} … {len(text) - 2 * half:,} letters … {text[-half:]}"
