"""Passed, found, not checked: in every format they add up to all checks of all files, of a folder in which much cannot be read."""

from __future__ import annotations

import csv
import json
import re
import shutil
import socket
import zipfile
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as XML

import pytest
from cli.command import Run

from kdoctor.packs import load_checks

pytest.importorskip("aiohttp")  # of the extra "remote"

FORMATS = ("text", "json", "jsonl", "sarif", "junit", "github", "gitlab", "markdown", "csv")
SENTENCE = re.compile(r"(\d+) checks passed, (\d+) found something, (\d+) not checked")
POLICY = '[tool.kdoctor]\nignore = ["K606", "K9"]\n'


class Sums(NamedTuple):
    passed: int
    found: int
    not_checked: int


@pytest.fixture(scope="module")
def samples() -> Path:
    return Path(__file__).parents[2] / "sample_models"


@pytest.fixture
def said(kdoctor: Run, tmp_path: Path, samples: Path) -> dict[str, str]:
    """What each format says of one scan, by the same names."""
    models = tmp_path / "models"
    (models / "artifacts" / "best:v0").mkdir(parents=True)  # as Weights & Biases calls its folders
    shutil.copy(samples / "healthy/not_a_model.keras", models / "healthy.keras")
    shutil.copy(samples / "sick/lambda_code.keras", models / "artifacts/best:v0/sick, or not%.keras")
    (models / "cut.keras").write_bytes((samples / "sick/lambda_code.keras").read_bytes()[:9000])
    (models / "garbage.h5").write_text("garbage")
    (models / "nowhere.keras").symlink_to("nothing")
    with zipfile.ZipFile(models / "deep.keras", "w") as archive:
        archive.writestr("config.json", "[" * 1000)
    (models / "program").mkdir()
    (models / "program" / "saved_model.pb").write_bytes(b"\x08\x01")
    (tmp_path / "pyproject.toml").write_text(POLICY)
    with socket.socket() as nobody:  # a port that nobody listens at
        nobody.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nobody.getsockname()[1]}/far.keras"
        outputs = [part for name in FORMATS for part in ("--output", f"{name}={tmp_path / name}")]
        ended = kdoctor("scan", models, address, "--config", tmp_path / "pyproject.toml", *outputs)
    assert ended.code == 1
    return {name: (tmp_path / name).read_text(encoding="utf-8") for name in FORMATS}


def of_reports(reports: list[dict[str, Any]]) -> Sums:
    """What the single files add up to."""
    outcomes = [report["checks"] for report in reports]
    not_checked = sum(len(reason["checks"]) for one in outcomes for reason in one["not_checked"])
    found = sum(len({finding["code"] for finding in report["findings"]}) for report in reports)
    return Sums(sum(one["passed"] for one in outcomes), found, not_checked)


def of_junit(text: str) -> Sums:
    cases = [case for suite in XML.fromstring(text).iter("testsuite") for case in suite.iter("testcase")]
    found = sum(case.find("failure") is not None or case.find("system-out") is not None for case in cases)
    not_checked = sum(case.find("error") is not None or case.find("skipped") is not None for case in cases)
    return Sums(len(cases) - found - not_checked, found, not_checked)


def of_csv(text: str) -> Sums:
    rows = list(csv.DictReader(text.splitlines()))
    return Sums(*(sum(int(row[name] or 0) for row in rows if row["row"] == "file") for name in Sums._fields))


def in_a_sentence(text: str) -> Sums:
    (found,) = SENTENCE.findall(text)
    return Sums(*map(int, found))


def test_the_three_outcomes_add_up_in_every_format(said: dict[str, str]) -> None:
    whole = json.loads(said["json"])
    lines = [json.loads(line) for line in said["jsonl"].splitlines()]
    told = Sums(**whole["totals"]["checks"])
    assert len(whole["reports"]) == 8
    assert sum(told) == 8 * len(load_checks())
    assert told.passed
    assert told.found
    assert told.not_checked
    assert {
        "json": of_reports(whole["reports"]),
        "jsonl": of_reports([line for line in lines if line["type"] == "report"]),
        "sarif": Sums(**json.loads(said["sarif"])["runs"][0]["properties"]["totals"]["checks"]),
        "junit": of_junit(said["junit"]),
        "csv": of_csv(said["csv"]),
        **{name: in_a_sentence(said[name]) for name in ("text", "github", "markdown")},
    } == dict.fromkeys(("json", "jsonl", "sarif", "junit", "csv", "text", "github", "markdown"), told)


def test_every_file_that_is_not_healthy_is_named_in_every_format(said: dict[str, str]) -> None:
    """In a URI and in a command of GitHub with what is no part of a name there said in other words."""
    names = ("cut.keras", "garbage.h5", "nowhere.keras", "deep.keras", "program", "far.keras")
    assert {(name, form) for form in FORMATS for name in names if name not in said[form]} == set()
    ours = {"sarif": "best%3Av0/sick%2C%20or%20not%25.keras", "github": "best%3Av0/sick%2C or not%25.keras"}
    assert [form for form in FORMATS if ours.get(form, "best:v0/sick, or not%.keras") not in said[form]] == []
