"""What became of every check that a file was examined with: passed, found, or not checked, and why. Not checked is never clean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from kdoctor.faults import FaultKind

if TYPE_CHECKING:
    from kdoctor.document import Document, Fault
    from kdoctor.engine import Report

# The parts that the checks of a family look at, by the first characters of their codes; those of another pack look at all of them.
# A check of the file itself needs no part: it is about what the bytes do wrong.
EVERYTHING: Final = ("config", "training", "weights")
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "K1": (), "K2": ("config",), "K3": ("config",), "K4": ("config",), "K5": ("config", "training"), "K6": ("config",),
    "K7": ("config", "weights"), "K8": EVERYTHING, "K9": ("config",),
}  # fmt: skip
# What is asked of the objects that Keras wrote into a SavedModel, which has no other part.
OF_OBJECTS: Final = ("K401", "K405", "K407", "K8")
# Where one of these stands, a part was not read to its end.
BLINDING: Final = (
    FaultKind.JSON_MALFORMED,
    FaultKind.LIMIT,
    FaultKind.UNREADABLE_MEMBER,
    FaultKind.HDF5_UNREADABLE,
    FaultKind.NOT_A_MODEL,
    FaultKind.OTHER_FORMAT,
    FaultKind.TEXT_MODE,
    FaultKind.TRUNCATED,
)
WHOLE = ("archive", "report")  # failures that leave nothing examined
ABSENT_PARTS: Final = {"config": "the file holds no config", "weights": "the file holds no weights"}  # a training state may be absent


class NotChecked(NamedTuple):
    """Checks that could not be made, or not to their end, and the one reason that they share; ``by_policy``: nobody wanted them."""

    why: str
    checks: tuple[str, ...]
    by_policy: bool = False


class Outcomes(NamedTuple):
    """The three outcomes of one file: how many checks passed, which found something, which were not made. They add up to all checks."""

    passed: int = 0
    found: tuple[str, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()

    @property
    def unchecked(self) -> int:
        """How many checks were not made."""
        return sum(len(reason.checks) for reason in self.not_checked)

    @property
    def total(self) -> int:
        return self.passed + len(self.found) + self.unchecked


def outcomes(report: Report) -> Outcomes:
    """A check that found something has found it, even in a file that could be read in part alone."""
    found = tuple(sorted({diagnosis.check.code for diagnosis in report.findings}))
    reasons: dict[str, list[str]] = {}
    for code in report.asked:
        why = None if code in found else _why_not(code, report)
        if why is not None:
            reasons.setdefault(why, []).append(code)
    not_checked = tuple(NotChecked(why, tuple(codes)) for why, codes in reasons.items())
    return Outcomes(len(report.asked) - len(found) - sum(len(codes) for codes in reasons.values()), found, not_checked)


def _why_not(code: str, report: Report) -> str | None:
    for failure in report.failures:
        if failure.check == code or failure.check in WHOLE or (failure.check == "numbers" and code == "K704"):
            return failure.error
    if "objects" in report.document.parts and code.startswith(OF_OBJECTS):
        return _unread(report.document, "objects")
    for part in NEEDS.get(code[:2], EVERYTHING):
        why = _unread(report.document, part)
        if why is not None:
            return why
    return None


@lru_cache(maxsize=16)
def _unread(document: Document, part: str) -> str | None:
    """Why a part was not read, or not to its end; None for one that was."""
    for fault in document.faults.values():
        if fault.part in (part, "file") and fault.kind in BLINDING and not _survived(fault, part):
            return f"{part} was not read to its end: {fault.kind}"
    return None if part in document.parts else ABSENT_PARTS.get(part)


def _survived(fault: Fault, part: str) -> bool:
    """What is cut off, but every part was recovered all the same; and what is another format, of which this part was read."""
    return bool(fault.detail.get("complete")) or (part == "objects" and fault.kind == FaultKind.OTHER_FORMAT)
