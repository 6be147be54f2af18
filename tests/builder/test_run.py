"""The architecture that a function of the user's builds, in a child process with real Keras."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kdoctor.builder import architecture_of, is_builder
from kdoctor.builder.run import BuilderLimits
from kdoctor.errors import UsageError

WITH_KERAS = """
import keras
from mine import parts

print("noise on standard output")

class Models:
    @staticmethod
    def small():
        with open("units.txt") as file:
            units = int(file.read())
        return keras.Sequential([keras.Input((4,)), parts.head(units)], name="mine")

def layer():
    return keras.layers.Dense(2)

def unwritable():
    class Mine(keras.Model):
        def __init__(self, sizes):
            super().__init__()
    return Mine(object())
"""
PLAIN = """
import os, sys

number = 3

def fails():
    raise ValueError("no data set\\nof that name")

def leaves():
    sys.exit("enough")

def nothing():
    pass

def dies():
    os._exit(7)
"""


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user stands in a folder with a package, and a file that it reads."""
    package = tmp_path / "mine"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "models.py").write_text(WITH_KERAS)
    (package / "parts.py").write_text("import keras\n\ndef head(units):\n    return keras.layers.Dense(units)\n")
    (package / "plain.py").write_text(PLAIN)
    (package / "broken.py").write_text("import sys\nimport no_such_package\n")
    (tmp_path / "units.txt").write_text("3")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_function_is_called_in_a_child_and_its_model_written_down(code: Path) -> None:
    found = architecture_of("mine.models:Models.small")
    assert (found["class_name"], found["config"]["name"]) == ("Sequential", "mine")
    assert [layer["class_name"] for layer in found["config"]["layers"]] == ["InputLayer", "Dense"]
    assert not {"mine", "mine.models"} & {*sys.modules}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nowhere:build", "nowhere cannot be imported: ModuleNotFoundError: No module named 'nowhere'"),
        (
            "mine.broken:build",
            "mine.broken cannot be imported: ModuleNotFoundError: No module named 'no_such_package' (mine/broken.py, line 2)",
        ),
        ("mine.plain:absent", "mine.plain has no function absent"),
        ("mine.plain:Models.absent.more", "mine.plain has no function Models.absent.more"),
        ("mine.plain:number", "mine.plain has no function number: it is an int"),
        ("mine.plain:fails", "fails() failed: ValueError: no data set (mine/plain.py, line 7)"),
        ("mine.plain:leaves", "leaves() failed: SystemExit: enough (mine/plain.py, line 10)"),
        ("mine.models:layer", "layer() returned a Dense, and no model of Keras"),
        ("mine.plain:nothing", "nothing() returned nothing, and no model of Keras"),
        ("mine.models:unwritable", "the model of unwritable() cannot be written down: "),
        ("mine.plain:dies", "Python ended while it built the model (exit code 7)"),
    ],
)
def test_what_keeps_it_from_returning_a_model_is_told_in_one_line(code: Path, name: str, why: str) -> None:
    with pytest.raises(UsageError) as refused:
        architecture_of(name)
    assert str(refused.value).startswith(f"--architecture {name}: {why}")
    assert "\n" not in str(refused.value)


def test_what_never_returns_is_ended(code: Path) -> None:
    (code / "slow.py").write_text("def hangs():\n    import time\n    time.sleep(60)\n")
    with pytest.raises(UsageError, match="no model after 1 s"):
        architecture_of("slow:hangs", BuilderLimits(seconds=1.0))


@pytest.mark.parametrize("text", ["model.json", "C:\\models\\model.json", "pkg.module", "pkg module:f", "pkg:f()", ":f", "pkg:"])
def test_other_texts_name_no_function(text: str) -> None:
    assert not is_builder(text)


def test_nothing_of_the_users_is_imported_by_kdoctor_itself(code: Path) -> None:
    (code / "count.py").write_text("import json\n\ndef build():\n    return json\n")
    script = (
        "import sys; from kdoctor.builder import architecture_of\n"
        "try:\n    architecture_of('count:build')\n"
        "except Exception as error:\n    print(error)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "returned a module" in done.stdout
    assert not {"count", "keras", "tensorflow"} & {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}
