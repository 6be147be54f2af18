"""A JUnit report: one suite for each file, one case for each check, so that all three outcomes are counted by whoever reads it.

A finding that fails the gate is a failure; one below it stands in the case's output. What could not be checked is an error; what the
policy leaves out is skipped.
"""

from __future__ import annotations

from kdoctor.file_report import FileReport, Found
from kdoctor.outcomes import NotChecked
from kdoctor.report.printable import printable
from kdoctor.report.run import Run
from kdoctor.totals import Totals

SEPARATOR = ""
NOT_XML = dict.fromkeys((0xFFFE, 0xFFFF), "\ufffd")


def begin(run: Run) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="kdoctor">\n'


def each(run: Run, report: FileReport) -> tuple[str, ...]:
    findings: dict[str, list[Found]] = {}
    for one in report.findings:
        findings.setdefault(one.code, []).append(one)
    unchecked = {code: reason for reason in report.checks.not_checked for code in reason.checks}
    cases = []
    for rule in run.rules:
        inner = _outcome(run, findings.get(rule.code, []), unchecked.get(rule.code))
        cases.append(f"  <testcase classname={_attribute(report.path)} name={_attribute(f'{rule.code} {rule.name}')}{inner}\n")
    kinds = {kind: sum(f"<{kind} " in case for case in cases) for kind in ("failure", "error", "skipped")}
    counts = f'tests="{len(cases)}" failures="{kinds["failure"]}" errors="{kinds["error"]}" skipped="{kinds["skipped"]}"'
    return (f" <testsuite name={_attribute(_name(run, report))} {counts}>\n{''.join(cases)} </testsuite>\n",)


def end(run: Run, totals: Totals) -> str:
    counts = {
        "reports": totals.reports,
        "complete": str(totals.complete).lower(),
        **{f"checks_{word}": totals.checks[word] for word in ("passed", "found", "not_checked")},
    }
    properties = "".join(f'  <property name="{name}" value="{value}"/>\n' for name, value in counts.items())
    empty = '<testsuite name="totals" tests="0" failures="0" errors="0" skipped="0">'
    return f" {empty}\n <properties>\n{properties} </properties>\n </testsuite>\n</testsuites>\n"


def _name(run: Run, report: FileReport) -> str:
    return report.path if len(run.targets) < 2 else f"{report.path} ({report.target})"


def _outcome(run: Run, found: list[Found], why_not: NotChecked | None) -> str:
    """The end of a case's tag and what stands within."""
    if found:
        text = "\n".join(f"{one.severity}: {one.message} [{one.where.part}{one.where.pointer}]" for one in found)
        if run.fail_on is not None and max(one.severity for one in found) >= run.fail_on:
            return f"><failure message={_attribute(found[0].message)}>{_text(text)}</failure></testcase>"
        return f"><system-out>{_text(text)}</system-out></testcase>"
    if why_not is not None:
        return f"><{'skipped' if why_not.by_policy else 'error'} message={_attribute(why_not.why)}/></testcase>"
    return "/>"


def _attribute(text: str) -> str:
    return f'"{_escaped(printable(text), quote=True)}"'


def _text(text: str) -> str:
    return _escaped(printable(text, lines=True), quote=False)


def _escaped(text: str, *, quote: bool) -> str:
    from html import escape  # every command knows the formats, and writes one; the one for XML imports what opens addresses

    return escape(text.translate(NOT_XML), quote=quote)
