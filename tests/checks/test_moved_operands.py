"""K601: what an operation of an earlier Keras 3 was called with, and today's is made with.

The archives are saved by the installed Keras and written in the words of Keras 3.0 to 3.9, as archives of these releases were found to have
them; 136 that the releases themselves saved were cured and computed the same (2026-11-22).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from keras import Input, Model, ops
from rewriting import with_config
from typer.testing import CliRunner

from kdoctor.cli.app import app

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # NumPy 2 says it of what Keras makes

Words = Callable[[dict[str, Any], dict[str, Any]], None]  # an operation's config and its call, to be written otherwise
X = numpy.array([[0.1, 0.2, 0.7, 0.6], [0.3, 0.5, 0.15, 0.25], [0.4, 0.2, 0.9, 0.1]], "float32")


def by_keyword(name: str) -> Words:
    def say(config: dict[str, Any], call: dict[str, Any]) -> None:
        call["kwargs"][name] = config.pop(name)

    return say


def by_position(name: str) -> Words:
    def say(config: dict[str, Any], call: dict[str, Any]) -> None:
        call["args"].append(config.pop(name))

    return say


def when_made(name: str) -> Words:
    def say(config: dict[str, Any], call: dict[str, Any]) -> None:
        config[name] = call["args"].pop() if len(call["args"]) > 1 else call["kwargs"].pop(name)

    return say


def of_keras_3_9(config: dict[str, Any], call: dict[str, Any]) -> None:
    config["threshold_value"], config["value"] = config.pop("threshold"), config.pop("default_value")


def written(folder: Path, make: Callable[[Any], Any], words: Words) -> tuple[Path, Any]:
    """An archive whose last operation is in other words, and what its model computes."""
    given = Input((4,), name="x")
    made = Model(given, make(given))
    path = folder / "model.keras"
    made.save(path)

    def other(config: Any) -> None:
        last = config["config"]["layers"][-1]
        words(last["config"], last["inbound_nodes"][0])

    return with_config(path, path, other), made(X)


def fixed(path: Path, target: str = "3.15.1") -> Path:
    out = path.with_name("cured.keras")
    ran = CliRunner().invoke(app, ["fix", str(path), "--target", f"keras=={target}", "-o", str(out)], env={"COLUMNS": "500"})
    assert ran.exit_code == 0, ran.output
    return out


CASES: list[tuple[Callable[[Any], Any], Words]] = [
    (lambda x: ops.zeros_like(x, dtype="int32"), by_keyword("dtype")),
    (ops.zeros_like, by_keyword("dtype")),
    (lambda x: ops.ones_like(x, dtype="float16"), by_keyword("dtype")),
    (lambda x: ops.full_like(x, 2.0), by_keyword("dtype")),
    (lambda x: ops.array(x, dtype="int32"), by_keyword("dtype")),
    (lambda x: ops.searchsorted(ops.sort(x[0]), x[1], side="right"), by_keyword("side")),
    (lambda x: ops.slice(x, [0, 1], [2, 2]), by_position("shape")),
    (lambda x: ops.scatter(ops.cast(x[:, :1] * 0, "int32"), x[:, 0], (4,)), by_position("shape")),
    (lambda x: ops.threshold(x, 0.2, 0.5), of_keras_3_9),
    (lambda x: ops.rms_normalization(x, 2.0), when_made("scale")),
]


@pytest.mark.parametrize("case", range(len(CASES)))
def test_what_moved_is_written_where_the_target_looks_for_it(case: int, tmp_path: Path) -> None:
    path, expected = written(tmp_path, *CASES[case])
    loaded = keras.saving.load_model(fixed(path))
    numpy.testing.assert_allclose(numpy.asarray(loaded(X)), numpy.asarray(expected), rtol=1e-6)


def test_a_dtype_that_a_later_operation_is_made_with_goes_back_to_the_call(tmp_path: Path) -> None:
    """Keras 3.0.5 loads the cured archive and computes the same (2026-11-22)."""
    path, _ = written(tmp_path, lambda x: ops.ones_like(x, dtype="int32"), lambda _config, _call: None)
    with zipfile.ZipFile(fixed(path, "3.0.5")) as archive:
        last = json.loads(archive.read("config.json"))["config"]["layers"][-1]
    assert "dtype" not in last["config"]
    assert last["inbound_nodes"][0]["kwargs"]["dtype"] == "int32"


def test_a_shape_that_is_computed_is_no_plain_value_and_stays(tmp_path: Path) -> None:
    def say(config: dict[str, Any], call: dict[str, Any]) -> None:
        config.pop("shape")
        call["args"].append([call["args"][0]])

    path, _ = written(tmp_path, lambda x: ops.slice(x, [0, 1], [2, 2]), say)
    ran = CliRunner().invoke(app, ["fix", str(path), "-o", str(tmp_path / "cured.keras")])
    assert ran.exit_code == 1
