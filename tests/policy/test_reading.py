"""A policy is data, and every word of it is known or an error."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kdoctor.check import Severity
from kdoctor.errors import UsageError
from kdoctor.policy.discovery import find_policy
from kdoctor.policy.policy import Policy
from kdoctor.policy.reading import read_policy

WHOLE = """
select = ["K"]
ignore = ["K606", "K5"]
severity = { K501 = "error" }
fail-on = "warning"
targets = ["keras==3.15.1", "tf-keras"]
custom-objects = ["Attention2", "my_package>Crop"]
packages = ["keras_hub"]
max-size = "1.5 GB"
max-age-days = 365

[[rules]]
paths = ["legacy/", "*.h5"]
ignore = ["K606"]
reason = "served by the old stack until it is retired"
expires = 2027-01-31
"""


def written(folder: Path, text: str, name: str = "policy.toml") -> Path:
    (folder / name).write_text(text, "utf-8")
    return folder / name


def test_every_setting_is_read(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path, WHOLE))
    assert (policy.select, policy.ignore, policy.severity) == (("K",), ("K606", "K5"), {"K501": Severity.ERROR})
    assert (policy.fail_on, policy.targets) == (Severity.WARNING, ("keras==3.15.1", "tf-keras"))
    assert (policy.custom_objects, policy.packages) == (("Attention2", "my_package>Crop"), ("keras_hub",))
    assert (policy.max_size, policy.max_age_days) == (1_500_000_000, 365)
    (rule,) = policy.rules
    assert (rule.paths, rule.ignore, rule.expires) == (("legacy/", "*.h5"), ("K606",), date(2027, 1, 31))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "there is no setting 'selct'"),
        ("select = 'K'", "select: a list of codes"),
        ("ignore = ['k606']", "ignore: 'k606' is none of codes"),
        ("fail-on = 'never'", "fail-on: 'never' is none of"),
        ("severity = { K501 = 'fatal' }", "severity: 'fatal' is none of"),
        ("max-size = 'much'", "max-size: bytes"),
        (f"max-size = '{'9' * 400} GB'", "max-size: bytes"),
        ("max-size = true", "max-size: bytes"),
        ("max-age-days = 0", "max-age-days: a number of days"),
        ("custom-objects = ['my_layers.py']", "custom-objects: 'my_layers.py' is none of names"),
        ("custom-objects = ['my_package.Layer']", "is none of names"),
        ("[[rules]]\nignore = ['K6']\nreason = 'x'", "rule 1 has no paths"),
        ("[[rules]]\npaths = ['a']\nignore = ['K6']", "rule 1 has no reason"),
        ("[[rules]]\npaths = ['a']\nreason = ' '", "rule 1: reason: a sentence"),
        ("[[rules]]\npaths = ['a']\nreason = 'x'\nexpires = '2027-01-31'", "rule 1: expires: a day such as 2027-01-31, without quotes"),
        ("[[rules]]\npaths = ['a']\nreason = 'x'\nignores = []", "rule 1: there is no setting 'ignores'"),
        ("rules = 1", "rules: tables are expected"),
        ("= 1", "is no TOML"),
    ],
)
def test_what_is_not_understood_is_an_error_that_names_it(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_policy(written(tmp_path, text))
    assert message in str(raised.value)


def test_a_policy_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_policy(tmp_path / "policy.toml")


PROJECT = '[tool.kdoctor]\nignore = ["K606"]\n'


def test_the_project_of_the_working_folder_has_the_policy(tmp_path: Path) -> None:
    written(tmp_path, PROJECT, "pyproject.toml")
    (tmp_path / "sub" / "models").mkdir(parents=True)
    policy, unused = find_policy([str(tmp_path / "sub" / "models")], tmp_path / "sub")
    assert (policy.ignore, policy.root, unused) == (("K606",), tmp_path, None)


@pytest.mark.parametrize("scanned", [".", "..", "model", "../model"])
def test_a_policy_that_came_with_the_scanned_files_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scanned: str) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    written(tmp_path, PROJECT, "pyproject.toml")
    written(tmp_path / "model", PROJECT, "pyproject.toml")
    monkeypatch.chdir(tmp_path / "link" / "model" if scanned != "model" else tmp_path)
    policy, unused = find_policy([scanned])
    if scanned == "model":  # the project's own is one above
        assert policy.ignore == ("K606",)
        assert policy.root == Path.cwd()
    else:
        assert policy == Policy(root=policy.root)
        assert "--config" in str(unused)


def test_files_in_the_projects_own_folder_are_judged_by_its_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, PROJECT, "pyproject.toml")
    written(tmp_path, "", "model.keras")
    monkeypatch.chdir(tmp_path)
    assert find_policy(["model.keras"])[0].ignore == ("K606",)


def test_a_project_without_a_policy_has_none(tmp_path: Path) -> None:
    written(tmp_path, "[tool.other]\n", "pyproject.toml")
    assert find_policy([], tmp_path)[1] is None
    assert find_policy([], tmp_path)[0].source == ""


@pytest.mark.parametrize("name", ["policy.toml", "pyproject.toml"])
def test_the_table_is_read_wherever_it_stands(tmp_path: Path, name: str) -> None:
    assert read_policy(written(tmp_path, PROJECT, name)).ignore == ("K606",)


@pytest.mark.parametrize("text", ["", "tool = 3", "[tool.other]"])
def test_a_project_that_is_named_and_has_no_policy_is_a_mistake(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match=r"no \[tool\.kdoctor\]"):
        read_policy(written(tmp_path, text, "pyproject.toml"))


def test_a_project_whose_tool_is_no_table_has_no_policy(tmp_path: Path) -> None:
    written(tmp_path, "tool = 3", "pyproject.toml")
    assert find_policy([], tmp_path)[0].source == ""
