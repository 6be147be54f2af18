"""``kdoctor scan`` as a command."""

from __future__ import annotations

from pathlib import Path

import jsonschema
from cli.command import Run

from kdoctor.report.json import schema


def test_a_folder_is_summed_up_in_a_table_of_what_needs_attention(kdoctor: Run, samples: Path) -> None:
    ended = kdoctor("scan", samples / "sick/lambda_code.keras", samples / "healthy/lambda_code.keras", "-j", 1)
    assert (ended.code, ended.err) == (1, "")
    assert "sick" in ended.words
    assert "K401" in ended.words
    assert "1 sick, 1 healthy · 2 files in" in ended.out


def test_a_scan_says_the_same_as_an_inspection(kdoctor: Run, samples: Path) -> None:
    files = [samples / "sick/lambda_reads_global.keras", samples / "healthy/missing_part.h5"]
    scanned, inspected = (kdoctor(command, *files, "--format", "json") for command in ("scan", "inspect"))
    assert (scanned.code, inspected.code) == (1, 1)
    assert scanned.json == inspected.json
    jsonschema.Draft202012Validator(schema("report")).validate(scanned.json)


def test_a_folder_without_models_is_nothing_to_worry_about(kdoctor: Run, tmp_path: Path) -> None:
    ended = kdoctor("scan", tmp_path)
    assert (ended.code, ended.err) == (0, "")
    assert "no model files found" in ended.out
    assert kdoctor("scan", tmp_path, "--format", "json").json["reports"] == []


def test_a_path_that_does_not_exist_is_wrong_usage(kdoctor: Run) -> None:
    ended = kdoctor("scan", "surely_not_there")
    assert (ended.code, ended.out, ended.err) == (2, "", "kdoctor: surely_not_there: no such file or folder\n")


def test_healthy_files_are_listed_on_demand(kdoctor: Run, samples: Path) -> None:
    ended = kdoctor("scan", samples / "healthy/lambda_code.keras", "-j", 1, "--all")
    assert ended.code == 0
    assert "lambda_code.keras" in ended.out


def test_a_warning_fails_a_gate_that_asks_for_it(kdoctor: Run, samples: Path) -> None:
    odd = samples / "sick/not_compiled.keras"
    assert kdoctor("scan", odd, "-j", 1).code == 0
    assert kdoctor("scan", odd, "-j", 1, "--fail-on", "warning").code == 1


def test_no_workers_at_all_are_wrong_usage(kdoctor: Run, samples: Path) -> None:
    assert kdoctor("scan", samples / "healthy", "-j", 0).code == 2
