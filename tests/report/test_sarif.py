"""SARIF 2.1.0, held against the schema of the standard."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from report.file_reports import ALL, HEALTHY, HOSTILE, LOST, MEAN, RUN, SICK, found, report

from kdoctor.file_report import FileReport
from kdoctor.packs import load_checks
from kdoctor.report import sarif
from kdoctor.report.formats import rendered
from kdoctor.report.run import Rule, Run
from kdoctor.target import Target

SCHEMA = json.loads(Path(__file__).with_name("sarif-schema-2.1.0.json").read_text("utf-8"))


def log(*reports: FileReport, run: Run = RUN) -> Any:
    text = rendered(sarif, run, reports)
    told = json.loads(text)
    jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER).validate(told)
    (only,) = told["runs"]
    return only


def marks(reports: Iterable[FileReport]) -> list[str]:
    return [result["partialFingerprints"]["kdoctorFinding/v1"] for result in log(*reports)["results"]]


def test_every_finding_is_a_result_of_its_rule() -> None:
    run = log(*ALL)
    rules = run["tool"]["driver"]["rules"]
    told = [(result["ruleId"], result["level"], rules[result["ruleIndex"]]["id"]) for result in run["results"]]
    assert told == [
        ("K401", "error", "K401"),
        ("K501", "warning", "K501"),
        ("not-checked", "warning", "not-checked"),
        ("K401", "error", "K401"),
    ]


def test_the_schema_refuses_what_is_no_sarif() -> None:
    broken = json.loads(rendered(sarif, RUN, ALL).replace('"ruleId"', '"rule_id"'))
    assert not jsonschema.Draft7Validator(SCHEMA).is_valid(broken)


def test_every_check_is_a_rule_with_its_page_as_help() -> None:
    checks = load_checks()
    rules = log(SICK, run=Run((Target("3.15.1"),), tuple(Rule.of(check) for check in checks)))["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [*(check.code for check in checks), "not-checked"]
    assert all(len(rule["help"]["text"]) > len(rule["shortDescription"]["text"]) for rule in rules)


def test_a_result_points_at_the_first_line_and_at_the_layer_for_github_shows_no_result_without_a_line() -> None:
    (location,) = log(SICK)["results"][0]["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "models/sick.h5", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 1},
    }
    assert location["logicalLocations"][0]["name"] == "crop"


def test_a_path_within_the_working_folder_is_told_relative_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    places = [
        result["locations"][0]["physicalLocation"]["artifactLocation"]
        for result in log(
            report(str(tmp_path / "my models" / "ä?.keras"), found()),
            report("/elsewhere/b.h5", found()),
            report(os.fsdecode(b"\xff.h5"), found()),
        )["results"]
    ]
    assert [place["uri"] for place in places] == ["my%20models/%C3%A4%3F.keras", "file:///elsewhere/b.h5", "%FF.h5"]
    assert ["uriBaseId" in place for place in places] == [True, False, True]


def test_a_fingerprint_survives_another_wording_and_another_position_and_nothing_else() -> None:
    (first,) = marks([report("a.keras", found())])
    reworded = found(message="it is Python bytecode")
    assert marks([report("./a.keras", reworded)]) == [first]
    assert marks([report("b.keras", found())]) != [first]
    assert marks([report("a.keras", found(layer="flip"))]) != [first]
    twice = marks([report("a.keras", found(), found())])
    assert twice[0] == first
    assert len({*twice}) == 2


def test_what_was_not_checked_is_told_so_that_nobody_takes_it_for_clean() -> None:
    (result,) = log(LOST)["results"]
    assert result["message"]["text"] == "1 checks were not made: ZeroDivisionError: division by zero"


def test_totals_add_up() -> None:
    totals = log(*ALL)["properties"]["totals"]
    assert totals["checks"] == {"passed": 8, "found": 3, "not_checked": 1}
    assert sum(totals["checks"].values()) == len(ALL) * len(RUN.rules)


def test_a_hostile_name_is_no_link_no_placeholder_and_no_control_character() -> None:
    (result,) = log(MEAN)["results"]
    text = result["message"]["text"]
    assert "](" in HOSTILE
    assert "](" not in text
    assert "{{0}}" in text
    assert not set(rendered(sarif, RUN, [MEAN])) & set("\x1b\u202e\udcff\r")


def test_a_run_without_files_is_a_whole_log() -> None:
    assert log()["results"] == []
    assert log(HEALTHY)["results"] == []
