"""The Python interface, by the examples of its page; and the files that other tools read, by what they run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import kdoctor
from kdoctor.errors import UsageError

ROOT = Path(__file__).parent.parent
BLOCKS = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_the_examples_of_the_page_run(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes((ROOT / "sample_models/sick/lambda_code.keras").read_bytes())
    (tmp_path / "policy.toml").write_text('ignore = ["K4"]\n')
    told = []
    for number, block in enumerate(BLOCKS.findall((ROOT / "docs/python-api.md").read_text("utf-8"))):
        script = tmp_path / f"example_{number}.py"
        script.write_text(block)
        done = subprocess.run([sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=True)
        told.append(done.stdout)
    assert told[0] == "sick False ['K401']\n"
    assert told[1].startswith("model.keras passed ")


def test_a_path_that_does_not_exist_is_told_at_once() -> None:
    with pytest.raises(UsageError):
        kdoctor.scan(["surely_not_there"])


def test_a_script_that_is_not_guarded_is_told_what_it_lacks(tmp_path: Path) -> None:
    sample = ROOT / "sample_models/healthy/input_shape_conflict.keras"
    (tmp_path / "gate.py").write_text(
        f"import kdoctor\nfor report in kdoctor.scan([{str(sample)!r}]):\n    print(report.verdict)\n", "utf-8"
    )
    done = subprocess.run([sys.executable, "gate.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("kdoctor.errors.UsageError: no worker process could be started")


def test_the_hook_of_pre_commit_runs_with_the_files_it_is_given(tmp_path: Path) -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    command = re.findall(r"entry: (.*)", hook)[0].split()
    assert re.search(re.findall(r"files: (.*)", hook)[0], "models/a.keras")
    for sample, code in (("sick/lambda_code.keras", 1), ("healthy/lambda_code.keras", 0)):
        done = subprocess.run(
            [sys.executable, "-m", *command, str(ROOT / "sample_models" / sample)], cwd=tmp_path, capture_output=True, check=False
        )
        assert done.returncode == code


def test_the_policy_of_the_page_is_one(tmp_path: Path) -> None:
    block = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/gate.md").read_text("utf-8"), re.DOTALL)[0]
    (tmp_path / "pyproject.toml").write_text(block, "utf-8")
    assert kdoctor.load_policy(tmp_path / "pyproject.toml").rules[0].ignore == ("K6",)


def test_the_action_and_the_snippet_for_gitlab_are_what_their_schemas_want(tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    snippet = tmp_path / "gitlab.yml"
    snippet.write_text(re.findall(r"```yaml\n(kdoctor:.*?)```", (ROOT / "docs/gate.md").read_text("utf-8"), re.DOTALL)[0], "utf-8")
    for schema, path in (("github-actions", ROOT / "action.yml"), ("gitlab-ci", snippet)):
        options = ["--data-transform", "gitlab-ci"] if schema == "gitlab-ci" else []
        command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *options, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_action_installs_without_running_what_lies_in_the_checkout(tmp_path: Path) -> None:
    (tmp_path / "pip.py").write_text("open('was_run', 'w').close()")
    install = re.findall(r'run: python (.*) install "\$VERSION"', (ROOT / "action.yml").read_text("utf-8"))[0]
    subprocess.run([sys.executable, *install.split(), "--version"], cwd=tmp_path, capture_output=True, check=True)
    assert not (tmp_path / "was_run").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="the action's script is for bash")
def test_the_script_of_the_action_runs(tmp_path: Path) -> None:
    script = (ROOT / "action.yml").read_text("utf-8").rpartition("run: |\n")[2].replace("kdoctor scan", f"{sys.executable} -m kdoctor scan")
    environment = {
        "PATH": "/usr/bin:/bin",
        "PATHS": str(ROOT / "sample_models/sick/lambda_code.keras"),
        "CONFIG": "",
        "FAIL_ON": "none",
        "SARIF": "out.sarif",
    }
    done = subprocess.run(["bash", "-eu", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("::error file=")
    assert (tmp_path / "out.sarif").stat().st_size > 0
