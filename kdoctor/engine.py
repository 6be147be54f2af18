"""Examine a document with checks, and plan its repair: rounds of edits until nothing is left to cure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from kdoctor.abundance import bounded
from kdoctor.check import Check, Finding, Need, Repair, Safety, Severity
from kdoctor.document import Document
from kdoctor.edit import Footprint, apply
from kdoctor.errors import KdoctorError
from kdoctor.pointer import Pointer
from kdoctor.target import StateWish, Target
from kdoctor.verdict import Failure as Failure
from kdoctor.verdict import Verdict as Verdict

if TYPE_CHECKING:
    from kdoctor.convert.outcome import Converted

T = TypeVar("T")
MAX_ROUNDS = 10
OF_TRAINING = "K5"  # the codes of checks of the training state
STATE_UNPLACED = "the optimizer's state is left out: it is that of the layers as they were; training goes on with a fresh optimizer"


class Diagnosis(NamedTuple):
    """A finding together with the check that made it."""

    check: Check
    finding: Finding

    @property
    def severity(self) -> Severity:
        return self.check.severity_of(self.finding)


class Outlook(NamedTuple):
    """What one Keras release would do with the file, and the first reason if it would not load it."""

    target: Target
    loads: bool | None
    reason: Diagnosis | None


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in one file: findings worst first, what could not be examined, and other releases' outlooks if asked for.

    ``asked`` are the codes of all checks that the file was to be examined with, whatever became of them.
    """

    path: str
    document: Document
    target: Target
    findings: tuple[Diagnosis, ...] = ()
    failures: tuple[Failure, ...] = ()
    seconds: float = 0.0
    outlooks: tuple[Outlook, ...] = ()
    asked: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Diagnosis, ...]:
        return tuple(found for found in self.findings if found.severity is Severity.ERROR)

    @property
    def obstacles(self) -> tuple[Diagnosis, ...]:
        """The errors that stay whatever the program sets before it loads the file: with one of them, nothing is called cured."""
        return tuple(found for found in self.errors if found.finding.recursion_limit is None)

    @property
    def recursion_limit(self) -> int | None:
        """What ``sys.setrecursionlimit`` must be told before the file is loaded; None where Python's default will do."""
        return max((limit for found in self.errors if (limit := found.finding.recursion_limit) is not None), default=None)

    @property
    def verdict(self) -> Verdict:
        if self.errors:
            return Verdict.SICK
        return Verdict.UNKNOWN if self.failures else Verdict.HEALTHY

    @property
    def loads(self) -> bool | None:
        """Will ``load_model(path)`` return a model that computes what was saved? None: cannot be told, and a finding says why."""
        return False if self.errors else self.loads_prepared

    @property
    def loads_prepared(self) -> bool | None:
        """The same of a program that has set what has to be set before (`recursion_limit`)."""
        if self.obstacles:
            return False
        return None if self.failures or any(found.finding.undecided for found in self.findings) else True

    def worst(self) -> Severity | None:
        return max((found.severity for found in self.findings), default=None)


def attempt(name: str, work: Callable[[], T]) -> T | Failure:
    """The result, or a failure under this name: whatever one check or reader does, the others still run."""
    try:
        return work()
    except Exception as error:  # the one place that catches everything
        said = str(error) if isinstance(error, KdoctorError) else f"{type(error).__name__}: {error}"
        return Failure(name, said)


def examine(document: Document, target: Target, checks: Sequence[Check], path: str = "", *, whole: bool = True) -> Report:
    """Run every check. One that crashes becomes a failure, which makes the verdict unknown: silence would be a lie.

    Not ``whole``: of thousands of findings of one check the first, and how many more there are.
    """
    findings: list[Diagnosis] = []
    failures: list[Failure] = []
    seen = _as_given(document, target)
    if isinstance(seen, Failure):
        failures, seen = [seen], document
    for check in checks:
        found = attempt(check.code, partial(_run, check, seen, target))
        if isinstance(found, Failure):
            failures.append(found)
        else:
            findings += [Diagnosis(check, finding) for finding in (found if whole else bounded(check, found))]
    findings.sort(key=lambda found: (-found.severity, found.check.code, found.finding.at.part))
    return Report(path, document, target, tuple(findings), tuple(failures), asked=tuple(check.code for check in checks))


def _as_given(document: Document, target: Target) -> Document | Failure:
    """The document with the classes that the user gives told from those of Keras's that bear their names."""
    if not target.custom:
        return document
    from kdoctor.custom.namesakes import as_given  # what a look at a file without such classes never needs

    return attempt("custom", partial(as_given, document, target))


def _run(check: Check, document: Document, target: Target) -> list[Finding]:
    found = list(check.run(document, target))
    for finding in found:
        if not isinstance(finding, Finding) or not isinstance(finding.at, Pointer):  # a check may be anybody's
            raise TypeError(f"it yields {finding!r:.60}, which is no finding with a place")
    return found


class Applied(NamedTuple):
    """A repair that the plan makes, and the check that asked for it."""

    check: Check
    repair: Repair


@dataclass(frozen=True, slots=True)
class Lost:
    """An array of a damaged file that did not survive: its path in what is written, its layer and role where it is one of a layer's, its
    shape and dtype where they are told, and why. What stands there instead is NaN (0 where whole numbers stand), unless ``why`` says so."""

    path: str
    layer: str = ""
    role: str = ""
    shape: tuple[int, ...] | None = None
    dtype: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What `fix` would do: the first examination, the document as it would be written, how it got there, what remains.

    ``converted``: the document is said in another container or dialect, too; ``notes``: what was left behind on the way; ``refused``:
    why it cannot be said there; ``pointless``: because it is said there already; ``lost``: what did not survive of a damaged file.
    """

    before: Report
    after: Report
    applied: tuple[Applied, ...]
    converted: bool = False
    notes: tuple[str, ...] = ()
    refused: str = ""
    pointless: bool = False
    lost: tuple[Lost, ...] = ()

    @property
    def changes(self) -> bool:
        return bool(self.applied) or self.converted

    @property
    def needs(self) -> tuple[Need, ...]:
        """What the remaining errors need from the user, each once."""
        asked: dict[tuple[str, str], Need] = {}
        for found in self.after.errors:
            for need in found.finding.needs:
                asked.setdefault((need.flag, need.name), need)
        return tuple(asked.values())


def plan(document: Document, target: Target, checks: Sequence[Check], path: str = "", *, unsafe: bool = False) -> Plan:
    """Apply the repairs that do not overlap, examine again, until none is left (at most 10 rounds).

    A repair that does not fit the document is not made, and becomes a failure of its check.
    """
    before = after = examine(document, target, checks, path)
    applied: list[Applied] = []
    refused: list[Failure] = []
    notes: tuple[str, ...] = ()
    seen = _as_given(document, target)
    document = document if isinstance(seen, Failure) else seen  # the examination has said so
    allowed = {Safety.SAFE, Safety.UNSAFE} if unsafe else {Safety.SAFE}
    for _ in range(MAX_ROUNDS):
        was = document
        document, made, refused = _applied(document, _compatible(after.findings, allowed))
        if _costs_state(was, document, made):
            notes = (*notes, STATE_UNPLACED)
        if not made:
            converted, made = _converted(document, target, after.findings, allowed)
            document, notes = converted.document, (*notes, *converted.notes)
        if not made:
            break
        applied += made
        after = examine(document, target, checks, path)
    unwanted = STATE_UNPLACED if target.given.state is StateWish.KEEP and STATE_UNPLACED in notes else ""
    return Plan(before, replace(after, failures=(*after.failures, *refused)), tuple(applied), notes=notes, refused=unwanted)


def _costs_state(before: Document, after: Document, made: Sequence[Applied]) -> bool:
    """Whether cures of something else leave the optimizer's state out; those of the training state say so themselves."""
    if not made or after.training is None or any(one.check.code.startswith(OF_TRAINING) for one in made):
        return False
    from kdoctor.weights.optimizer import has_state  # nothing that an examination needs

    return has_state(before) and not has_state(after)


def settled(document: Document, findings: Iterable[Diagnosis], *, unsafe: bool) -> tuple[Document, tuple[Applied, ...]]:
    """The document with the repairs of these findings that are allowed and fit it, and which they are."""
    document, made, _ = _applied(document, _compatible(findings, {Safety.SAFE, Safety.UNSAFE} if unsafe else {Safety.SAFE}))
    return document, tuple(made)


def _applied(document: Document, chosen: Iterable[Applied]) -> tuple[Document, list[Applied], list[Failure]]:
    """The document with the repairs that fit it, which they are, and what was wrong with the others."""
    made: list[Applied] = []
    refused: list[Failure] = []
    for one in chosen:
        changed = attempt(one.check.code, partial(apply, document, one.repair.edits))
        if isinstance(changed, Failure):
            refused.append(changed)
        else:
            document = changed
            made.append(one)
    return document, made, refused


def _converted(document: Document, target: Target, findings: Iterable[Diagnosis], allowed: set[Safety]) -> tuple[Converted, list[Applied]]:
    """The document as a ``.keras`` archive, where a repair can live there only; as it is where none asks, or it cannot be said there."""
    from kdoctor.convert.native import from_h5  # all of the converter, which an examination never needs
    from kdoctor.convert.outcome import Converted
    from kdoctor.convert.refusal import NotConvertible

    same = Converted(document)
    for found in findings:
        repair = found.finding.repair
        if repair is not None and repair.native and repair.safety in allowed and not document.format.native:
            try:
                made = from_h5(document, target)
            except NotConvertible:
                return same, []
            return (same, []) if made.unwanted(target) else (made, [Applied(found.check, repair)])
    return same, []


def _compatible(findings: Iterable[Diagnosis], allowed: set[Safety]) -> list[Applied]:
    """The repairs that can be made together, worst finding first; of two that touch the same place the later waits a round, and where some
    are to be made first all others do."""
    chosen: list[Applied] = []
    touched = Footprint()
    for found in sorted(findings, key=lambda found: found.finding.repair is None or not found.finding.repair.first):
        repair = found.finding.repair
        if repair is None or not repair.edits or repair.safety not in allowed:
            continue
        if chosen and chosen[0].repair.first > repair.first:
            break
        if not any(touched.overlaps(edit) for edit in repair.edits):
            chosen.append(Applied(found.check, repair))
            for edit in repair.edits:
                touched.add(edit)
    return chosen
