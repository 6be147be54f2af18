"""The report on one file as a value of plain facts: what a worker process sends, what a policy judges, what every format says.

It holds what the JSON contract holds (`kdoctor.report.json`) and nothing of the file itself, so it stays small for models of any size.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from kdoctor.outcomes import NotChecked, Outcomes
from kdoctor.saved_by import SavedBy
from kdoctor.verdict import Failure, Need, Severity, Verdict


class Gate(str, Enum):
    """What a deployment gate does with a file. unknown: something could not be examined, and nothing found outweighs it."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Where(NamedTuple):
    """A place in a file: the part, a JSON pointer (RFC 6901) within it, and the layer's name where it is about one."""

    part: str
    pointer: str
    layer: str | None = None


class Cure(NamedTuple):
    """What a repair is called, and its safety: safe, unsafe or advice."""

    title: str
    safety: str


class Found(NamedTuple):
    """One finding: the check's code and name, what it says, and where."""

    code: str
    name: str
    severity: Severity
    message: str
    where: Where
    keras_says: str | None = None
    repair: Cure | None = None
    needs: tuple[Need, ...] = ()


class Suppressed(NamedTuple):
    """A finding that does not count, what says so (``policy``, ``rule`` or ``baseline``), and the reason given there."""

    finding: Found
    by: str
    reason: str


class Model(NamedTuple):
    """What is in the file: the model's class, its layers and parameters (counts), the size of its weights in bytes."""

    class_name: str | None = None
    layers: int = 0
    parameters: int = 0
    weight_bytes: int = 0


class FileReport(NamedTuple):
    """What was found in one file, for one target.

    path: as it was given; sha256: None where it was not computed; size: bytes; format: ``keras-zip``, ``h5-model``, …; target: the
    release as ``--target`` takes it; verdict and loads: about the file, whatever a policy says; findings: those that count, worst
    first; checks: the three outcomes; suppressed: findings that a policy or baseline accepts; gate: what comes of it all.
    """

    path: str
    sha256: str | None
    size: int | None
    format: str
    saved_by: SavedBy
    model: Model
    verdict: Verdict
    loads: bool | None
    findings: tuple[Found, ...]
    failures: tuple[Failure, ...]
    checks: Outcomes
    target: str
    suppressed: tuple[Suppressed, ...] = ()
    gate: Gate = Gate.PASSED
    prognosis: tuple[Mapping[str, Any], ...] = ()
    sides: Mapping[str, Any] | None = None

    def judged(self, fail_on: Severity | None) -> FileReport:
        """With the gate's answer: failed by a finding at or above the severity (None: by none); else unknown where something was
        not examined; what a policy leaves out does not count as that."""
        worst = max((found.severity for found in self.findings), default=None)
        if fail_on is not None and worst is not None and worst >= fail_on:
            gate = Gate.FAILED
        else:
            unexamined = self.failures or any(not one.by_policy for one in self.checks.not_checked)
            gate = Gate.UNKNOWN if unexamined else Gate.PASSED
        return self if gate is self.gate else self._replace(gate=gate)

    @classmethod
    def from_object(cls, found: Mapping[str, Any]) -> FileReport:
        """The report that a JSON object of the contract says."""
        saved, model = found["saved_by"], found["model"]
        return cls(
            path=found["path"],
            sha256=found["sha256"],
            size=found["size"],
            format=found["format"],
            saved_by=SavedBy(saved["keras"], saved["backend"], saved["date"]),
            model=Model(model["class"], model["layers"], model["parameters"], model["weight_bytes"]),
            verdict=Verdict(found["verdict"]),
            loads=found["loads"],
            findings=tuple(map(_found, found["findings"])),
            failures=tuple([Failure(one["check"], one["error"]) for one in found["failures"]]),
            checks=_outcomes(found["checks"]),
            target=found["target"],
            suppressed=tuple([Suppressed(_found(one["finding"]), one["by"], one["reason"]) for one in found.get("suppressed", ())]),
            gate=Gate(found.get("gate", "passed")),
            prognosis=tuple(found.get("prognosis", ())),
            sides=found.get("sides"),
        )

    def as_object(self) -> dict[str, Any]:
        """The JSON object of the contract that says the report."""
        return {
            "path": self.path,
            "sha256": self.sha256,
            "size": self.size,
            "format": self.format,
            "target": self.target,
            "saved_by": {"keras": self.saved_by.keras, "backend": self.saved_by.backend, "date": self.saved_by.date},
            "model": {
                "class": self.model.class_name,
                "layers": self.model.layers,
                "parameters": self.model.parameters,
                "weight_bytes": self.model.weight_bytes,
            },
            "verdict": self.verdict.value,
            "loads": self.loads,
            "gate": self.gate.value,
            **({"prognosis": list(self.prognosis)} if self.prognosis else {}),
            "findings": [_finding_object(one) for one in self.findings],
            **({"sides": self.sides} if self.sides else {}),
            "failures": [{"check": one.check, "error": one.error} for one in self.failures],
            "checks": {
                "passed": self.checks.passed,
                "found": list(self.checks.found),
                "not_checked": [
                    {"why": one.why, "checks": list(one.checks), "by_policy": one.by_policy} for one in self.checks.not_checked
                ],
            },
            "suppressed": [{"finding": _finding_object(one.finding), "by": one.by, "reason": one.reason} for one in self.suppressed],
        }


def _found(one: Mapping[str, Any]) -> Found:
    repair, where = one["repair"], one["where"]
    return Found(
        one["code"],
        one["name"],
        Severity[one["severity"].upper()],
        one["message"],
        Where(where["part"], where["pointer"], where["layer"]),
        one["keras_says"],
        None if repair is None else Cure(repair["title"], repair["safety"]),
        tuple(Need(need["flag"], need["name"], need["why"]) for need in one["needs"]),
    )


def _finding_object(one: Found) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "severity": str(one.severity),
        "message": one.message,
        "where": {"part": one.where.part, "pointer": one.where.pointer, "layer": one.where.layer},
        "keras_says": one.keras_says,
        "repair": None if one.repair is None else {"title": one.repair.title, "safety": one.repair.safety},
        "needs": [{"flag": need.flag, "name": need.name, "why": need.why} for need in one.needs],
    }


def _outcomes(found: Mapping[str, Any]) -> Outcomes:
    not_checked = tuple([NotChecked(one["why"], tuple(one["checks"]), one["by_policy"]) for one in found["not_checked"]])
    return Outcomes(found["passed"], tuple(found["found"]), not_checked)
