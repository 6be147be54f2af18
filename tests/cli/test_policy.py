"""A policy and a baseline as a platform team uses them: through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import Run


@pytest.fixture
def project(tmp_path: Path, samples: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: a project with two models in a folder."""
    (tmp_path / "models").mkdir()
    for name in ("lambda_code", "not_compiled"):
        (tmp_path / "models" / f"{name}.keras").write_bytes((samples / "sick" / f"{name}.keras").read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def policy(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.kdoctor]\n{text}\n", "utf-8")


def test_the_projects_policy_is_followed_and_the_command_line_comes_first(kdoctor: Run, project: Path) -> None:
    assert kdoctor("scan", "models", "-j", 1).code == 1
    policy(project, 'ignore = ["K401"]')
    ended = kdoctor("scan", "models", "-j", 1, "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.json["totals"]["suppressed"] == {"policy": 1, "rule": 0, "baseline": 0}
    assert kdoctor("scan", "models", "-j", 1, "--fail-on", "warning").code == 1


def test_a_policy_in_the_scanned_folder_is_named_and_not_used(kdoctor: Run, project: Path) -> None:
    policy(project, 'ignore = ["K"]')
    ended = kdoctor("scan", ".", "-j", 1)
    assert ended.code == 1
    assert "lies in the scanned folder and is not used" in ended.err
    assert kdoctor("scan", ".", "-j", 1, "--config", "pyproject.toml").code == 0


def test_every_target_of_a_policy_is_asked(kdoctor: Run, project: Path) -> None:
    policy(project, 'targets = ["keras==3.15.1", "keras==2.15"]')
    ended = kdoctor("scan", "models/not_compiled.keras", "-j", 1, "--format", "json")
    assert [report["target"] for report in ended.json["reports"]] == ["3.15.1", "2.15"]
    assert len(kdoctor("scan", "models/not_compiled.keras", "-j", 1, "--format", "json", "--target", "keras==3.9").json["reports"]) == 1


def test_a_rule_that_has_expired_is_told_and_does_not_apply(kdoctor: Run, project: Path) -> None:
    policy(project, '[[tool.kdoctor.rules]]\npaths = ["models/"]\nignore = ["K401"]\nreason = "soon gone"\nexpires = 2020-01-01')
    ended = kdoctor("scan", "models", "-j", 1)
    assert ended.code == 1
    assert "rule 1 of" in ended.err
    assert "expired on 2020-01-01" in ended.err


def test_a_mistake_in_a_policy_is_wrong_usage(kdoctor: Run, project: Path) -> None:
    policy(project, "ignroe = []")
    ended = kdoctor("scan", "models")
    assert (ended.code, ended.out) == (2, "")
    assert "there is no setting 'ignroe'" in ended.err


def test_what_is_in_the_baseline_does_not_fail_and_what_is_new_does(kdoctor: Run, project: Path, samples: Path) -> None:
    assert kdoctor("scan", "models", "-j", 1, "--write-baseline", "baseline.json").code == 0
    ended = kdoctor("scan", "models", "-j", 1, "--baseline", "baseline.json", "--format", "json")
    assert (ended.code, ended.json["totals"]["suppressed"]["baseline"]) == (0, 2)
    (project / "models" / "new.keras").write_bytes((samples / "sick/lambda_code.keras").read_bytes())
    assert kdoctor("scan", "models", "-j", 1, "--baseline", "baseline.json").code == 1
    (project / "models" / "new.keras").unlink()
    (project / "models" / "lambda_code.keras").unlink()
    ended = kdoctor("scan", "models", "-j", 1, "--baseline", "baseline.json")
    assert (ended.code, "1 of 2 findings of baseline.json were not met" in ended.err) == (0, True)


@pytest.mark.parametrize("text", ["", "{}", '{"schema": "kdoctor-report/1"}', '{"schema": "kdoctor-baseline/1", "findings": [{}]}'])
def test_a_file_that_is_no_baseline_is_wrong_usage(kdoctor: Run, project: Path, text: str) -> None:
    (project / "baseline.json").write_text(text)
    ended = kdoctor("scan", "models", "--baseline", "baseline.json")
    assert (ended.code, "no baseline of kdoctor" in ended.err) == (2, True)


def test_policy_check_prints_what_a_scan_would_follow(kdoctor: Run, project: Path) -> None:
    ended = kdoctor("policy", "check")
    assert (ended.code, "none: every finding counts as it is" in ended.out) == (0, True)
    policy(project, 'ignore = ["K606"]\nmax-size = "2 MB"\nfail-on = "warning"')
    ended = kdoctor("policy", "check")
    assert ended.code == 0
    assert "ignore          K606" in ended.out
    assert "max-size        2,000,000 bytes" in ended.out


def test_policy_check_names_the_problems(kdoctor: Run, project: Path) -> None:
    policy(
        project,
        'ignore = ["K999"]\ntargets = ["keras==9.9"]\n'
        '[[tool.kdoctor.rules]]\npaths = ["a"]\nreason = "x"\nexpires = 2020-01-01\n[[tool.kdoctor.rules]]\npaths = ["b"]\nreason = "y"\nignore = ["K6"]',
    )
    ended = kdoctor("policy", "check")
    assert ended.code == 1
    for problem in (
        "begins with K999",
        "keras==9.9",
        "rule 1 expired on 2020-01-01",
        "rule 1 neither ignores",
        "rule 2 has no expiry date",
    ):
        assert problem in ended.out, problem


def test_a_bound_has_a_page_like_a_check(kdoctor: Run) -> None:
    assert "max-age-days" in kdoctor("explain", "P102").out


def test_what_a_policy_allows_is_known_to_the_checks(kdoctor: Run, project: Path, samples: Path) -> None:
    asked = kdoctor("scan", samples / "sick/unresolved_object.keras", "-j", 1, "--format", "json")
    (code,) = {one["code"] for report in asked.json["reports"] for one in report["findings"] if one["code"] == "K301"}
    assert code == "K301"
    (name,) = {
        need["name"] for report in asked.json["reports"] for one in report["findings"] if one["code"] == "K301" for need in one["needs"]
    }
    policy(project, f"custom-objects = {json.dumps([name])}")
    allowed = kdoctor("scan", samples / "sick/unresolved_object.keras", "-j", 1, "--format", "json")
    assert "K301" not in {one["code"] for report in allowed.json["reports"] for one in report["findings"]}
