"""Files with classes of the user's own, repaired with their source beside them, in real Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kdoctor.cli.options import make_target
from kdoctor.custom.custom_objects import matches
from kdoctor.doctor import plan_file
from kdoctor.engine import Plan
from kdoctor.packs import load_checks
from kdoctor.repair import Outcome, Wish, carry_out
from kdoctor.target import Given
from kdoctor.testing import KERAS_3, layer, model
from kdoctor.user_code.definition import Definition

SAMPLES = Path(__file__).parent.parent.parent / "sample_models"
SOURCE = """
import keras

class Projection(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], self.units))
        self.bias = self.add_weight(name="bias", shape=(self.units,))

    def call(self, x):
        return keras.ops.matmul(x, self.kernel) + self.bias

@keras.saving.register_keras_serializable(package="my_package")
class Scale(keras.layers.Layer):
    def __init__(self, factor=1.0, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def call(self, x):
        return x * self.factor

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
"""
LOAD = """
import json, sys
import keras, numpy
sys.path.insert(0, sys.argv[1])
answers = {}
for name, (path, twin, code) in json.load(sys.stdin).items():
    places = {"keras": keras}
    exec("\\n".join(code), places)
    model, twin = places.get("model") or keras.saving.load_model(path), keras.saving.load_model(twin, compile=False)
    x = numpy.random.default_rng(3).standard_normal((4, *twin.input_shape[1:])).astype("float32")
    answers[name] = float(numpy.abs(numpy.asarray(model(x)) - numpy.asarray(twin(x))).max())
print(json.dumps(answers))
"""
NAMES = {
    "missing_constructor_arguments.h5": "not_compiled__keras_2.h5",
    "unresolved_object.h5": "unresolved_object.keras",
    "unresolved_object.keras": "unresolved_object.keras",
    "unresolved_object__registered.keras": "unresolved_object.keras",
    "unresolved_object__keras_2.h5": "unresolved_object.keras",
    "unresolved_object__keras_2.keras": "unresolved_object.keras",
}


def repaired(name: str, folder: Path) -> tuple[Plan, Outcome]:
    plan = plan_file(SAMPLES / "sick" / name, make_target("3.15.1", custom=[str(folder / "my_code.py")]), load_checks())
    return plan, carry_out(plan, SAMPLES / "sick" / name, Wish(folder / name))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("custom")
    (folder / "my_code.py").write_text(SOURCE)
    asked = {}
    for name, twin in NAMES.items():
        _, outcome = repaired(name, folder)
        assert outcome.out is not None, (name, outcome.sentence)
        asked[name] = (str(outcome.out), str(SAMPLES / "healthy" / twin), outcome.before_loading)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(folder)], input=json.dumps(asked), capture_output=True, text=True, env=environment, timeout=300, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_lines_that_fix_prints_load_a_model_that_computes_what_its_twin_does(answers: dict[str, Any], name: str) -> None:
    assert answers[name] < 1e-5


def test_arguments_that_were_lost_are_told_with_what_was_written(tmp_path: Path) -> None:
    (tmp_path / "my_code.py").write_text(SOURCE)
    plan, _ = repaired("missing_constructor_arguments.h5", tmp_path)
    assert "write units=3" in [one.repair.title for one in plan.applied]


@pytest.mark.parametrize(
    ("stated", "file", "module"),
    [
        ("src.model.util", "/home/me/src/model/util.py", "src.model.util"),
        ("src.model", "src/model/__init__.py", "src.model"),
        ("src.model.util", "/home/me/model/util.py", "util"),
        ("util", "/home/me/src/util.py", "util"),
        ("__main__", "train.py", "train"),
        (None, "src/util.py", "util"),
    ],
)
def test_a_module_that_the_file_states_stays_where_the_source_stands_there(stated: str | None, file: str, module: str) -> None:
    """Imported from there it finds the rest of its project, too; the file was cured to say ``util``."""
    source = Definition("Scale", True, "train" if file == "train.py" else "util", file, 3, registered="my_package>Scale")
    scale = {**layer("Scale", name="scale"), "module": stated, "registered_name": "my_package>Scale"}
    target = replace(KERAS_3, custom=frozenset({"Scale"}), given=Given(code={"Scale": source}))
    (match,) = matches(model(layer("InputLayer", name="in", batch_shape=[None, 2]), scale), target)
    assert match.definition.module == module
