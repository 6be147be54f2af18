"""SARIF 2.1.0, for code scanning platforms: each check is a rule with its page as help, each finding a result.

Model files have no lines: a result points at line 1 of the file, which is where GitHub shows it, and at the layer as a logical location.
A finding that policy or baseline accepts is counted in the run's properties and is no result, since GitHub would show it as open.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

from kdoctor import __version__
from kdoctor.file_report import FileReport, Found
from kdoctor.report.fingerprint import digest, fingerprints, uri
from kdoctor.report.printable import escaped, printable
from kdoctor.report.run import Rule, Run
from kdoctor.totals import Totals
from kdoctor.verdict import Severity

SEPARATOR = ",\n"
SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
NOT_CHECKED = Rule(
    "not-checked",
    "not-checked",
    Severity.WARNING,
    "Something in the file could not be examined.\n\nA check crashed, the reader gave up, or a limit was reached: nobody knows whether the file "
    "is clean, and it must not be deployed as if it were. The message says why.",
)
PLACEHOLDER: Final = re.compile(r"\{(\d+)\}")
# GitHub ranks security findings by this number: 9 and more is critical. K8 is hostile content, K4 code in a Lambda layer.
DANGER: Final = {"K8": "9.0", "K4": "7.0"}


def begin(run: Run) -> str:
    driver = {
        "name": "kdoctor",
        "semanticVersion": __version__,
        "informationUri": "https://pypi.org/project/kdoctor/",
        "rules": [_rule(rule) for rule in (*run.rules, NOT_CHECKED)],
    }
    return f'{{"$schema": {_text(SCHEMA)}, "version": "2.1.0", "runs": [{{"tool": {{"driver": {_text(driver)}}},\n"results": [\n'


def each(run: Run, report: FileReport) -> tuple[str, ...]:
    index = {rule.code: number for number, rule in enumerate((*run.rules, NOT_CHECKED))}
    results = [
        _result(report, one.code, index.get(one.code), LEVELS[one.severity], _message(one), mark, one) for one, mark in fingerprints(report)
    ]
    for reason in report.checks.not_checked:
        if not reason.by_policy:
            message = f"{len(reason.checks)} checks were not made: {reason.why}"
            mark = digest(f"{report.path}\0{report.target}\0{reason.why}")
            results.append(_result(report, NOT_CHECKED.code, index[NOT_CHECKED.code], "warning", message, mark))
    return tuple(_text(result) for result in results)


def end(run: Run, totals: Totals) -> str:
    invocation = {"executionSuccessful": totals.complete}
    properties = {"totals": totals.as_object(), "targets": [str(target) for target in run.targets]}
    return f'\n],\n"invocations": [{_text(invocation)}],\n"columnKind": "unicodeCodePoints",\n"properties": {_text(properties)}}}]}}\n'


def _rule(rule: Rule) -> dict[str, Any]:
    family = rule.code[:2]
    properties: dict[str, Any] = {"tags": ["keras", *(["security"] if family in DANGER else [])], "precision": "high"}
    properties |= {"security-severity": DANGER[family]} if family in DANGER else {}
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.name.split("-")),
        "shortDescription": {"text": printable(rule.summary)},
        "fullDescription": {"text": printable(rule.summary)},
        "help": {"text": printable(rule.page, lines=True), "markdown": printable(rule.page, lines=True)},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": properties,
    }


def _result(
    report: FileReport, code: str, index: int | None, level: str, message: str, mark: str, one: Found | None = None
) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": uri(report.path), **({} if _absolute(report.path) else {"uriBaseId": "%SRCROOT%"})},
            "region": {"startLine": 1},
        }
    }
    if one is not None:
        name = printable(one.where.layer or one.where.pointer or one.where.part)
        qualified = printable(f"{one.where.part}#{one.where.pointer}")
        location["logicalLocations"] = [{"name": name, "fullyQualifiedName": qualified, "kind": "element" if one.where.layer else "value"}]
    return {
        "ruleId": code,
        **({} if index is None else {"ruleIndex": index}),
        "level": level,
        "message": {"text": _plain(message)},
        "locations": [location],
        "partialFingerprints": {"primaryLocationLineHash": f"{mark}:1", "kdoctorFinding/v1": mark},
    }


def _absolute(path: str) -> bool:
    return ":" in uri(path).split("/", 1)[0]


def _message(one: Found) -> str:
    said = f" Keras says: {one.keras_says}." if one.keras_says else ""
    cure = f" Cure: {one.repair.title}." if one.repair is not None else ""
    return f"{one.message}.{said}{cure}"


def _plain(text: str) -> str:
    """The text as a message that is neither a link nor a form to fill in, whatever a layer is called."""
    return PLACEHOLDER.sub(r"{{\1}}", printable(text)).replace("](", "] (")


def _text(value: Any) -> str:
    return escaped(json.dumps(value, ensure_ascii=False))
