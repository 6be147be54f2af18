"""The JSON reports: the contract for programs, published as JSON Schema beside this module."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

from kdoctor import __version__
from kdoctor.check import Need, Severity
from kdoctor.engine import Diagnosis, Lost, Outlook, Plan, Report, Verdict
from kdoctor.file_report import FileReport
from kdoctor.graph.summary import summarize
from kdoctor.outcomes import outcomes
from kdoctor.report.differing import sides_object
from kdoctor.report.printable import escaped
from kdoctor.report.run import Run
from kdoctor.structure.layers import layer_at
from kdoctor.target import Target
from kdoctor.totals import Totals

REPORT = "kdoctor-report/1"
FIX = "kdoctor-fix/1"
CONVERT = "kdoctor-convert/1"
CODE = "kdoctor-code/1"


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a contract: ``report``, ``fix``, ``convert`` or ``code``."""
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name(f"{name}.schema.json").read_bytes())
    return loaded


def render(reports: Sequence[Report], target: Target, fail_on: Severity | None = Severity.ERROR) -> str:
    """One JSON object for all reports."""
    return render_reports([FileReport.from_object(report_object(report)).judged(fail_on) for report in reports], target)


def render_reports(reports: Sequence[FileReport], target: Target) -> str:
    """One JSON object for reports that are values already."""
    run, totals = Run((target,)), Totals()
    for report in reports:
        totals.add(report)
    items = SEPARATOR.join(item for report in reports for item in each(run, report))
    return begin(run) + items + end(run, totals)


SEPARATOR = ",\n"


def begin(run: Run) -> str:
    head = _text({"schema": REPORT, "kdoctor": __version__, "target": target_object(run.targets[0])})
    return head.removesuffix("\n}") + ',\n "reports": [\n'


def each(run: Run, report: FileReport) -> tuple[str, ...]:
    return (indent(_text(report.as_object()), "  "),)


def end(run: Run, totals: Totals) -> str:
    cut = "" if totals.complete else ',\n "interrupted": true'
    return f'\n ],\n "totals": {indent(_text(totals.as_object()), " ").lstrip()}{cut}\n}}\n'


def target_object(target: Target) -> dict[str, Any]:
    """The target as the contract has it."""
    return {"keras": target.label, "safe_mode": target.safe_mode, "custom": sorted(target.custom)}


def _text(value: Any) -> str:
    return escaped(json.dumps(value, ensure_ascii=False, indent=1))


def render_fix(plan: Plan, path: str, out: str | None, before_loading: Sequence[str] = (), error: str = "") -> str:
    """One JSON object for a repair; ``out`` is the file really written, or None; ``before_loading`` the Python that has to run first;
    ``error`` why writing failed."""
    refused = {"error": error} if error else {}
    noted = {"notes": list(plan.notes)} if plan.notes else {}
    found = {"schema": FIX, **_plan_object(plan, path, out), "before_loading": [*before_loading], **noted, **refused}
    return escaped(json.dumps(found, ensure_ascii=False, indent=1))


def render_conversion(plan: Plan, path: str, out: str | None, outcome: str, before_loading: Sequence[str] = ()) -> str:
    """One JSON object for a conversion; ``outcome`` is the sentence that says what became of it."""
    found = {
        "schema": CONVERT,
        **_plan_object(plan, path, out),
        "before_loading": [*before_loading],
        "outcome": outcome,
        "notes": list(plan.notes),
    }
    return escaped(json.dumps(found, ensure_ascii=False, indent=1))


def render_code(path: str, text: str | None, out: str | None, problems: Sequence[str], stubs: Sequence[str]) -> str:
    """One JSON object for a script; ``text`` is None where something cannot be said in Python, and ``problems`` tell what."""
    found = {"schema": CODE, "path": path, "out": out, "code": text, "problems": list(problems), "stubs": list(stubs)}
    return escaped(json.dumps(found, ensure_ascii=False, indent=1))


def _plan_object(plan: Plan, path: str, out: str | None) -> dict[str, Any]:
    return {
        "path": path,
        "out": out,
        "written": out is not None,
        "applied": [{"code": one.check.code, "title": one.repair.title, "safety": one.repair.safety.value} for one in plan.applied],
        "remaining": [_finding(one, plan.after) for one in plan.after.findings],
        "needs": [_need(need) for need in plan.needs],
        **({"lost": [_lost(one) for one in plan.lost]} if plan.lost else {}),
    }


def _lost(one: Lost) -> dict[str, Any]:
    shape = None if one.shape is None else list(one.shape)
    return {
        "path": one.path,
        "layer": one.layer or None,
        "role": one.role or None,
        "shape": shape,
        "dtype": one.dtype or None,
        "why": one.why,
    }


def report_object(report: Report) -> dict[str, Any]:
    """One report as the contract has it."""
    document, saved_by, summary = report.document, report.document.saved_by(), summarize(report.document)
    made = outcomes(report)
    verdict = Verdict.UNKNOWN if made.unchecked and report.verdict is Verdict.HEALTHY else report.verdict  # not checked is never clean
    prognosis = {"prognosis": [_outlook(outlook) for outlook in report.outlooks]} if report.outlooks else {}
    sides = sides_object(report)
    return {
        "path": report.path,
        "sha256": document.digest or None,
        "size": document.file.get("size"),
        "format": document.format.value,
        "target": report.target.label,
        "saved_by": {"keras": saved_by.keras, "backend": saved_by.backend, "date": saved_by.date},
        "model": {
            "class": summary.class_name,
            "layers": summary.layers,
            "parameters": summary.parameters,
            "weight_bytes": summary.weight_bytes,
        },
        "verdict": verdict.value,
        "loads": report.loads,
        **prognosis,
        "findings": [_finding(found, report) for found in report.findings],
        **({"sides": sides} if sides else {}),
        "failures": [{"check": failure.check, "error": failure.error} for failure in report.failures],
        "checks": {
            "passed": made.passed,
            "found": list(made.found),
            "not_checked": [{"why": one.why, "checks": list(one.checks), "by_policy": one.by_policy} for one in made.not_checked],
        },
    }


def _outlook(outlook: Outlook) -> dict[str, Any]:
    reason = outlook.reason
    return {
        "keras": outlook.target.label,
        "loads": outlook.loads,
        "code": None if reason is None else reason.check.code,
        "message": None if reason is None else reason.finding.message,
    }


def _finding(found: Diagnosis, report: Report) -> dict[str, Any]:
    finding, repair = found.finding, found.finding.repair
    layer = finding.layer or getattr(layer_at(report.document, finding.at), "name", None)
    return {
        "code": found.check.code,
        "name": found.check.name,
        "severity": str(found.severity),
        "message": finding.message,
        "where": {"part": finding.at.part, "pointer": finding.at.json, "layer": layer},
        "keras_says": finding.keras_says,
        "repair": None if repair is None else {"title": repair.title, "safety": repair.safety.value},
        "needs": [_need(need) for need in finding.needs],
    }


def _need(need: Need) -> dict[str, str]:
    return {"flag": need.flag, "name": need.name, "why": need.why}
