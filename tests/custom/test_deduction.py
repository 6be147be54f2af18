"""Arguments of subclassed models, which Keras 3 does not record, deduced from the weights; with archives of real Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kdoctor.cli.options import make_target
from kdoctor.doctor import examine_file, plan_file
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Given

SOURCE = """
import keras

@keras.saving.register_keras_serializable()
class Mine(keras.Model):
    def __init__(self, units=3, scale=1.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.first = keras.layers.Dense(units)
        self.last = keras.layers.Dense(2)

    def call(self, x):
        return self.last(self.first(x)) * self.scale
"""
SAVE = """
import sys
sys.path.insert(0, sys.argv[1])
import keras, numpy, my_model
x = numpy.ones((2, 4), "float32")
for scale in (1.0, 2.0):
    model = my_model.Mine(5, scale=scale)
    numpy.save(f"{sys.argv[1]}/root-{scale}.npy", model.predict(x, verbose=0))
    model.save(f"{sys.argv[1]}/root-{scale}.keras")
model = keras.Sequential([keras.Input((4,)), my_model.Mine(5, scale=2.0)])
numpy.save(f"{sys.argv[1]}/nested.npy", model.predict(x, verbose=0))
model.save(f"{sys.argv[1]}/nested.h5")
"""
LOAD = """
import json, sys
sys.path.insert(0, sys.argv[1])
import keras, numpy, my_model
answers = {}
for name, (path, wanted) in json.load(sys.stdin).items():
    try:
        found = keras.saving.load_model(path).predict(numpy.ones((2, 4), "float32"), verbose=0)
        answers[name] = bool(numpy.allclose(found, numpy.load(wanted)))
    except ValueError as error:
        answers[name] = str(error)
print(json.dumps(answers))
"""


def child(code: str, folder: Path, given: str = "") -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], input=given, capture_output=True, text=True, env=environment, timeout=300, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("models")
    (found / "my_model.py").write_text(SOURCE)
    child(SAVE, found)
    return found


def fixed(folder: Path, name: str, **settings: float) -> Path | None:
    given = Given(settings={("Mine", argument): value for argument, value in settings.items()})
    target = make_target("3.15.1", custom=[str(folder / "my_model.py")], given=given)
    plan = plan_file(folder / name, target, load_checks())
    return carry_out(plan, folder / name, Wish(folder / f"fixed-{name}")).out


def test_a_model_gets_the_argument_that_its_weights_prove_and_the_one_that_the_user_says(folder: Path) -> None:
    asked: dict[str, Any] = {
        "as saved": (str(folder / "root-2.0.keras"), str(folder / "root-2.0.npy")),
        "root": (str(fixed(folder, "root-2.0.keras", scale=2.0)), str(folder / "root-2.0.npy")),
        "default": (str(fixed(folder, "root-1.0.keras", scale=1.0)), str(folder / "root-1.0.npy")),
        "nested": (str(fixed(folder, "nested.h5", scale=2.0)), str(folder / "nested.npy")),
    }
    answers = json.loads(child(LOAD, folder, json.dumps(asked)).splitlines()[-1])
    assert "could not be loaded" in answers.pop("as saved")
    assert answers == {"root": True, "default": True, "nested": True}


@pytest.mark.parametrize("name", ["root-2.0.keras", "nested.h5"])
def test_what_nothing_proves_is_asked_for_and_nothing_is_written(folder: Path, name: str) -> None:
    assert fixed(folder, name) is None
    report = examine_file(folder / name, make_target("3.15.1", custom=[str(folder / "my_model.py")]), load_checks())
    needs = [need.name for found in report.findings for need in found.finding.needs if need.flag == "--set"]
    assert [one.rpartition(".")[2] for one in needs] == ["scale=…"]
