"""K404: bytecode of another Python than the target's."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kdoctor.check import Safety
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, examine, layer, model

DATA = Path(__file__).parent.parent / "bytecode" / "data"
SOURCE = "lambda x: x / 255.0 - 0.5"


def by(python: str, source: str = SOURCE, **more: Any) -> dict[str, Any]:
    """A Lambda layer whose code this Python compiled."""
    rows = json.loads((DATA / f"{python}.json").read_text())["codes"]
    (code,) = [row["marshal"] for row in rows if row["source"] == source]
    assert base64.b64decode(code)
    return layer("Lambda", name="crop", function={"class_name": "__lambda__", "config": {"code": code, "defaults": None, **more}})


def running(python: tuple[int, int]) -> Target:
    return replace(KERAS_3, python=python)


def test_a_release_that_needs_a_later_python_cannot_read_the_code_whatever_is_installed() -> None:
    (finding,) = examine("K404", model(by("3.9")))
    assert "Keras 3.15.1 needs Python 3.11 or later: it cannot be read there" in finding.message
    assert finding.keras_says == "ValueError: bad marshal data (unknown type code)"
    assert not finding.mild
    (finding,) = examine("K404", model(by("3.6")))
    assert finding.keras_says == "EOFError: EOF read where object expected"


@pytest.mark.parametrize(("release", "python"), [("3.9.2", "3.9"), ("3.0.5", "3.10"), ("3.15.1", "3.11"), ("3.15.1", "3.13")])
def test_where_the_right_python_may_be_running_nothing_is_said(release: str, python: str) -> None:
    assert examine("K404", model(by(python)), Target(release)) == []


def test_the_python_that_runs_keras_here_is_held_against_the_code() -> None:
    assert examine("K404", model(by("3.11")), running((3, 11))) == []
    (finding,) = examine("K404", model(by("3.13")), running((3, 11)))
    assert "Keras 3.15.1 runs in Python 3.11 here: it may crash or compute something else" in finding.message
    assert finding.mild  # of one layout: Python does not notice, and simple code may run


def test_code_that_several_pythons_write_alike_is_held_against_all_of_them() -> None:
    assert examine("K404", model(by("3.8")), replace(Target("3.0.5"), python=(3, 9))) == []


def test_the_finding_shows_a_layer_to_paste() -> None:
    (finding,) = examine("K404", model(by("3.9")))
    assert finding.repair is not None
    assert (finding.repair.safety, finding.repair.edits) == (Safety.ADVICE, ())
    assert finding.excerpt is not None
    assert finding.excerpt.text == (
        "import keras\n\n\n@keras.saving.register_keras_serializable()\nclass Crop(keras.layers.Layer):\n"
        "    def call(self, x):\n        return x / 255.0 - 0.5\n"
    )


def test_a_named_function_by_its_name_has_no_python() -> None:
    named = {"module": "builtins", "class_name": "function", "config": "relu", "registered_name": "function"}
    assert examine("K404", model(layer("Lambda", name="crop", function=named)), running((3, 13))) == []
