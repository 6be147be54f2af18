"""Classes of the user's own in an ``.h5``, named like those of Keras; with files of real Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kdoctor.cli.options import make_target
from kdoctor.custom.namesakes import as_given
from kdoctor.doctor import examine_file, plan_file
from kdoctor.document import Document, Format
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Target
from kdoctor.testing import document, sequential

SOURCE = """
import keras

class Attention(keras.layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.kernel = self.add_weight(name="kernel", shape=(shape[-1], self.units))
        self.built = True

    def call(self, x):
        return keras.ops.tanh(keras.ops.matmul(x, self.kernel))

    def get_config(self):
        return {**super().get_config(), "units": self.units}

class LSTM(Attention): ...
class Dropout(Attention): ...
class Dense(Attention): ...
"""
NAMES = ("Attention", "LSTM", "Dropout", "Dense")
SAVE = """
import sys
sys.path.insert(0, sys.argv[1])
import keras, numpy, my_layers
for name in sys.argv[2:]:
    model = keras.Sequential([keras.Input((4,)), getattr(my_layers, name)(5), keras.layers.Dense(2)])
    numpy.save(f"{sys.argv[1]}/{name}.npy", model.predict(numpy.ones((2, 4), "float32"), verbose=0))
    model.save(f"{sys.argv[1]}/{name}.h5")
"""
LOAD = """
import json, sys
sys.path.insert(0, sys.argv[1])
import keras, numpy, my_layers
answers = {}
for name in sys.argv[2:]:
    for kind in ("", "fixed-"):
        try:
            given = {name: getattr(my_layers, name)}
            found = keras.saving.load_model(f"{sys.argv[1]}/{kind}{name}.h5", custom_objects=given).predict(numpy.ones((2, 4), "float32"), verbose=0)
            answers[kind + name] = bool(numpy.allclose(found, numpy.load(f"{sys.argv[1]}/{name}.npy")))
        except (TypeError, ValueError):
            answers[kind + name] = False
print(json.dumps(answers))
"""


def child(code: str, folder: Path) -> str:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), *NAMES], capture_output=True, text=True, env=environment, timeout=300, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_keras_loads_what_is_said_to_load_and_what_was_repaired(tmp_path: Path) -> None:
    (tmp_path / "my_layers.py").write_text(SOURCE)
    child(SAVE, tmp_path)
    target, said = make_target("3.15.1", custom=[str(tmp_path / "my_layers.py")]), {}
    for name in NAMES:
        path, out = tmp_path / f"{name}.h5", tmp_path / f"fixed-{name}.h5"
        said[name] = examine_file(path, target, load_checks()).loads
        said[f"fixed-{name}"] = carry_out(plan_file(path, target, load_checks()), path, Wish(out)).out is not None
    assert said == json.loads(child(LOAD, tmp_path).splitlines()[-1])
    assert {name for name, loads in said.items() if not loads} == {"Dense"}, "whose name the class takes from Keras's own"


def stored(**config: object) -> Document:
    layers = sequential({"class_name": "Dropout", "config": {"name": "d", **config}})
    return document(layers, format=Format.H5_MODEL, attributes={"/": {"keras_version": "3.15.1"}}, metadata={"keras_version": "3.15.1"})


@pytest.mark.parametrize("config", [{"units": 3}, {"rate": 0.5}, {}, {"rate": 0.5, "seed": None, "noise_shape": None, "units": 3}])
def test_what_keras_would_not_have_written_is_the_users(config: dict[str, object]) -> None:
    assert (
        as_given(stored(**config), Target("3.15.1", custom=frozenset({"Dropout"}))).config["config"]["layers"][0]["registered_name"]
        == "Dropout"
    )
    assert as_given(stored(**config), Target("3.15.1")).config == stored(**config).config


def test_what_keras_writes_is_its_own() -> None:
    sick = stored(rate=0.5, seed=None, noise_shape=None, trainable=True)
    assert as_given(sick, Target("3.15.1", custom=frozenset({"Dropout"}))) is sick
