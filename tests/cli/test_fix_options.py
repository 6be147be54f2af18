"""What ``kdoctor fix`` is told beside the file: training states, scripts, and options that make no sense."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.command import Run

Copy = Callable[[str], Path]
CURABLE = "sick/input_shape_conflict.keras"


def test_a_training_state_is_written_as_asked(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    out = tmp_path / "out.keras"
    assert kdoctor("fix", sample("sick/not_compiled.keras"), "-o", out, "--compile", "optimizer=adam(1e-4),loss=mse,metrics=mae").code == 0
    with zipfile.ZipFile(out) as archive:
        compiled = json.loads(archive.read("config.json"))["compile_config"]
    assert (compiled["optimizer"]["config"]["learning_rate"], compiled["loss"]) == (1e-4, "mean_squared_error")


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (("--bind", "WIDTH"), "write NAME=VALUE"),
        (("--bind", "1x=2"), "write NAME=VALUE"),
        (("--hub-path", "handle"), "write HANDLE=DIR"),
        (("--input-shape", "wide"), "the batch first"),
        (("--input-shape", "None,2.5"), "the batch first"),
        (("--compile", "adam"), "optimizer=…"),
        (("--compile", "optimizer=adam"), "say the loss"),
        (("--drop-optimizer", "--keep-optimizer"), "exclude each other"),
        (("--target", "keras==0.3.3"), "the oldest release that it knows is 1.0.8"),
    ],
)
def test_options_that_make_no_sense_are_told_in_a_sentence(kdoctor: Run, sample: Copy, option: tuple[str, str], told: str) -> None:
    ended = kdoctor("fix", sample(CURABLE), *option)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("kdoctor: ")
    assert told in ended.err


def test_whatever_a_check_asks_for_is_an_option_of_fix(kdoctor: Run) -> None:
    checks = Path(__file__).parents[2] / "checks"
    asked = {flag for check in checks.glob("*.py") for flag in re.findall(r'Need\(\s*"(--[a-z-]+)"', check.read_text("utf-8"))}
    options = re.findall(r"--[a-z-]+", kdoctor("fix", "--help").out)
    assert asked >= {"--custom", "--bind", "--input-shape", "--compile"}
    assert asked <= set(options)


def test_a_script_says_what_the_lambda_reads_and_is_not_run(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("import os\nBASE = 1\nCONV_WIDTH = BASE * 2 + 1\nopen('ran.txt', 'w')\nraise SystemExit('ran')\n")
    sick = sample("sick/lambda_reads_global.keras")
    assert "--bind CONV_WIDTH=" in kdoctor("fix", sick).out
    ended = kdoctor("fix", sick, "--bind-from", script, "--format", "json")
    assert (json.loads(ended.out)["needs"], ended.err) == ([], "")
    assert not Path("ran.txt").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("CONV_WIDTH = 1\nCONV_WIDTH = 3\n", "CONV_WIDTH is assigned more than once, and not the same: lines 1, 2"),
        ("import os\nCONV_WIDTH = int(os.environ['W'])\n", "it cannot be read off the source in line 2: int(os.environ['W'])"),
        ("OTHER = 1\n", "CONV_WIDTH is not assigned at the top level of the script"),
    ],
)
def test_what_a_script_does_not_plainly_say_is_still_asked_for(kdoctor: Run, sample: Copy, tmp_path: Path, text: str, why: str) -> None:
    script = tmp_path / "train.py"
    script.write_text(text)
    sick = sample("sick/lambda_reads_global.keras")
    ended = kdoctor("fix", sick, "--bind-from", script, "--format", "json")
    assert ended.code == 1
    assert "CONV_WIDTH" in {need["name"] for need in json.loads(ended.out)["needs"]}
    assert ended.err.strip() == f"--bind-from train.py does not say what CONV_WIDTH is: {why}"
    bound = kdoctor("fix", sick, "--bind-from", script, "--bind", "CONV_WIDTH=3", "--format", "json")
    assert (json.loads(bound.out)["needs"], bound.err) == ([], "")


@pytest.mark.parametrize("content", [b"def (", b"\xff\xfe", None])
def test_a_script_that_is_none_is_wrong_usage(kdoctor: Run, sample: Copy, tmp_path: Path, content: bytes | None) -> None:
    script = tmp_path / "train.py"
    if content is not None:
        script.write_bytes(content)
    ended = kdoctor("fix", sample("sick/lambda_reads_global.keras"), "--bind-from", script)
    assert ended.code == 2
    assert "--bind-from" in ended.err


def test_an_output_that_the_model_has_not_is_wrong_usage_and_names_those_it_has(kdoctor: Run, sample: Copy, tmp_path: Path) -> None:
    out = tmp_path / "out.keras"
    ended = kdoctor("fix", sample("sick/not_compiled.keras"), "-o", out, "--compile", "optimizer=adam,loss={price:mse}")
    assert ended.code == 2
    assert "there is no output 'price'; the model has 1 output: " in " ".join(ended.err.split())
    assert not out.exists()
