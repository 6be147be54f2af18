"""The comment on the weights of a rebuilt model: the command in it does what it says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from kdoctor.asked import asked_release
from kdoctor.packs import load_checks
from kdoctor.rebuild.from_file import rebuild_file
from kdoctor.rebuild.numbers_comment import options
from kdoctor.target import Given, Target

SAMPLES = Path(__file__).parent.parent.parent / "sample_models"
INSTALLED = asked_release("installed")
BOUND = replace(INSTALLED, given=Given(bindings={"CONV_WIDTH": 3}))


def comment(sample: str, target: Target = INSTALLED) -> str:
    found = rebuild_file(SAMPLES / sample, target, load_checks())
    assert found.script is not None
    return found.script.text.partition("# Its weights")[2]


def command(sample: str, target: Target = INSTALLED) -> list[str]:
    return shlex.split(re.findall(r"kdoctor (convert .*)", comment(sample, target))[0])


@pytest.mark.parametrize(
    ("sample", "target", "said"),
    [
        ("healthy/not_compiled__keras_2.h5", INSTALLED, []),
        ("sick/unresolved_object.h5", INSTALLED, ["--custom", "Scale"]),
        ("sick/custom_compile_object.h5", INSTALLED, []),  # a model predicts without its loss
        ("sick/lambda_reads_global.h5", BOUND, ["--bind", "CONV_WIDTH=3"]),
    ],
)
def test_the_command_writes_the_weights(tmp_path: Path, sample: str, target: Target, said: list[str]) -> None:
    words = command(sample, target)
    assert words[6:] == said
    shutil.copy(SAMPLES / sample, tmp_path)
    done = subprocess.run([sys.executable, "-m", "kdoctor", *words], capture_output=True, text=True, cwd=tmp_path, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / words[5]).exists()


def test_a_function_that_no_operation_says_has_to_be_allowed_to_stay() -> None:
    """The code shows it as Python; the file that brings the weights holds it as bytecode."""
    sick = SAMPLES.parent / "tests/recompiling/keras_2_9.h5"
    words = command(str(sick), replace(INSTALLED, given=Given(bindings={"WINDOW": 3})))
    assert words[6:] == ["--bind", "WINDOW=3", "--unsafe"]


def test_what_no_conversion_writes_is_not_promised() -> None:
    assert " have to be converted first" in comment("sick/input_shape_missing.h5")


def test_of_another_release_the_command_says_which() -> None:
    assert list(options(replace(INSTALLED, release="3.1.1"), ())) == ["--target 3.1.1"]


def test_an_answer_stays_in_the_comment() -> None:
    told = list(options(replace(INSTALLED, given=Given(bindings={"a\nimport os": 1}, input_shape=(None, 3))), {"B", "A"}))
    assert not any("\n" in word for word in told)
    assert told[:2] == ["--custom A", "--custom B"]
    assert told[-1] == "--input-shape None,3"
