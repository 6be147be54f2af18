"""The formats for programs and platforms, each read back by a parser of its kind; and what a hostile name cannot do in any of them."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from typing import Any

import jsonschema
import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite
from report.file_reports import ALL, HEALTHY, HOSTILE, LOST, MEAN, RULES, RUN, SICK, found, report

from kdoctor.check import Severity
from kdoctor.file_report import FileReport, Suppressed
from kdoctor.outcomes import NotChecked, Outcomes
from kdoctor.report.csv import cell
from kdoctor.report.formats import Writer, formats, rendered
from kdoctor.report.json import schema
from kdoctor.report.markdown import code
from kdoctor.report.run import Run
from kdoctor.target import Target
from kdoctor.totals import Totals

ACCEPTED = report(
    "models/old.h5",
    checks=Outcomes(2, (), (NotChecked("left out by the policy", ("K401",), by_policy=True),)),
    suppressed=(Suppressed(found(), "policy", "nobody minds"),),
)


def told(name: str, *reports: FileReport, run: Run = RUN) -> str:
    return rendered(formats()[name], run, reports)


def suites(*reports: FileReport, run: Run = RUN) -> list[TestSuite]:
    text = told("junit", *reports, run=run)
    return list(JUnitXml.fromroot(ElementTree.fromstring(text)))


@pytest.mark.parametrize("name", [*formats()])
def test_what_is_said_piece_by_piece_is_what_is_said_at_once(name: str) -> None:
    writer, totals, pieces = Writer(formats()[name], RUN), Totals(), []
    pieces.append(writer.begin())
    for one in ALL:
        totals.add(one)
        pieces.append(writer.add(one))
    assert "".join([*pieces, writer.end(totals)]) == told(name, *ALL)


@pytest.mark.parametrize("name", [*formats()])
def test_no_format_lets_a_control_character_through(name: str) -> None:
    text = told(name, MEAN)
    assert "evil" in text
    assert not set(text) & set("\x1b\r\u202e\udcff")
    text.encode("utf-8")


def test_json_lines_are_objects_that_say_what_they_are() -> None:
    lines = [json.loads(line) for line in told("jsonl", *ALL).splitlines()]
    assert [line["type"] for line in lines] == ["run", *["report"] * 4, "totals"]
    whole = json.loads(told("json", *ALL))
    jsonschema.Draft202012Validator(schema("report")).validate(whole)
    assert [{**line, "type": None} for line in lines[1:-1]] == [{**one, "type": None} for one in whole["reports"]]
    assert lines[-1] == {"type": "totals", **whole["totals"]}


@pytest.mark.parametrize("one", [*ALL, ACCEPTED], ids=["sick", "lost", "healthy", "mean", "accepted"])
def test_a_report_is_the_same_after_a_journey_as_json(one: FileReport) -> None:
    assert FileReport.from_object(json.loads(json.dumps(one.as_object()))) == one


def test_junit_has_a_case_for_every_check_of_every_file() -> None:
    sick, lost, healthy, *_ = suites(*ALL)
    assert [suite.name for suite in (sick, lost, healthy)] == ["models/sick.h5", "models/lost.keras", "models/fine.keras"]
    assert [(suite.tests, suite.failures, suite.errors, suite.skipped) for suite in (sick, lost, healthy)] == [
        (3, 1, 0, 0),
        (3, 0, 1, 0),
        (3, 0, 0, 0),
    ]
    code_case, training_case, foreign_case = sick
    assert [type(result) for result in code_case.result] == [Failure]
    assert training_case.is_passed
    assert "no training state" in training_case.system_out
    assert foreign_case.is_passed
    assert [type(result) for result in list(lost)[2].result] == [Error]


def test_junit_skips_what_the_policy_leaves_out() -> None:
    (suite, _) = suites(ACCEPTED)
    assert [type(result) for result in next(iter(suite)).result] == [Skipped]


def test_junit_fails_by_the_severity_that_the_gate_fails_by() -> None:
    (suite, _) = suites(SICK, run=Run(RUN.targets, RULES, Severity.WARNING))
    assert suite.failures == 2
    (suite, _) = suites(SICK, run=Run(RUN.targets, RULES, None))
    assert suite.failures == 0


def test_junit_totals_add_up() -> None:
    *files, totals = suites(*ALL)
    counted = {one.name: one.value for one in totals.properties()}
    assert sum(suite.tests for suite in files) == sum(int(counted[f"checks_{word}"]) for word in ("passed", "found", "not_checked"))


def test_github_gets_one_command_for_each_finding_and_not_one_more_by_a_line_break_in_a_name() -> None:
    commands = told("github", *ALL).splitlines()
    assert [command.split(" ")[0] for command in commands] == ["::error", "::warning", "::error", "::error", "::notice"]
    assert "%0A" in commands[3]
    assert "file=models/sick.h5,line=1,title=K401 lambda-code::it is bytecode" in commands[0]


def test_a_github_property_ends_where_it_should() -> None:
    (command, _) = told("github", report("a,b:c%.keras", found(layer=None))).splitlines()
    assert command.startswith("::error file=a%2Cb%3Ac%25.keras,line=1,title=K401 lambda-code::it is bytecode")


def test_gitlab_gets_entries_with_fingerprints_of_their_own() -> None:
    entries = json.loads(told("gitlab", *ALL, report("models/twice.h5", found(), found())))
    assert all({*entry} == {"description", "check_name", "fingerprint", "severity", "location"} for entry in entries)
    assert len({entry["fingerprint"] for entry in entries}) == len(entries) == 6
    assert {entry["severity"] for entry in entries} == {"critical", "minor", "major"}
    assert entries[0]["location"] == {"path": "models/sick.h5", "lines": {"begin": 1}}
    assert json.loads(told("gitlab")) == []


def rows(*reports: FileReport) -> list[dict[str, Any]]:
    return list(csv.DictReader(io.StringIO(told("csv", *reports))))


def test_csv_has_a_row_for_each_file_finding_and_reason() -> None:
    assert [row["row"] for row in rows(*ALL)] == ["file", "finding", "finding", "file", "not checked", "file", "file", "finding", "total"]
    assert rows(ACCEPTED)[1]["reason"] == "policy: nobody minds"


def test_csv_totals_add_up() -> None:
    *others, total = rows(*ALL)
    files = [row for row in others if row["row"] == "file"]
    assert all(sum(int(row[word]) for row in files) == int(total[word]) for word in ("passed", "found", "not_checked"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", "\u202e=1"])
def test_a_cell_is_never_a_formula(text: str) -> None:
    assert cell(text).startswith("'")
    assert not cell("a=1").startswith("'")


def test_markdown_lists_what_needs_attention_and_counts_the_rest() -> None:
    text = told("markdown", *ALL)
    assert text.count("\n| ") == 1 + 4
    assert "`models/fine.keras`" not in text
    assert text.endswith("4 files: 1 passed, 2 failed, 1 unknown. 8 checks passed, 3 found something, 1 not checked.\n")


@pytest.mark.parametrize(
    ("text", "shown"), [("a", "`a`"), ("a`b", "``a`b``"), ("``", "``` `` ```"), ("a|b", r"`a\|b`"), ("a\nb", "`a\ufffdb`"), ("", "")]
)
def test_a_code_span_holds_whatever_is_in_it(text: str, shown: str) -> None:
    assert code(text) == shown


def test_a_row_of_markdown_keeps_its_five_cells_whatever_a_layer_is_called() -> None:
    row = told("markdown", MEAN).splitlines()[4]
    assert row.replace(r"\|", "").count("|") == 6


def test_several_targets_are_told_apart() -> None:
    both = Run((Target("3.15.1"), Target("2.15.0")), RULES)
    assert next(suite.name for suite in suites(HEALTHY, run=both)) == "models/fine.keras (3.15.1)"
    assert "3.15.1 | K401" in told("markdown", SICK, run=both)


def test_what_could_not_be_examined_is_named_in_every_format() -> None:
    for name in formats():
        assert "ZeroDivisionError" in told(name, LOST), name


def test_a_hostile_name_stays_one_value_in_what_a_program_reads() -> None:
    assert json.loads(told("json", MEAN))["reports"][0]["findings"][0]["message"] == HOSTILE
