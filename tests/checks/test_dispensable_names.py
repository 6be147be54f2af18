"""K304: a class without ``**kwargs`` in a graph, whose layers have names that the constructor refuses. Tried with real files of ten
releases, 2.3 to 3.15.1, as ``.h5`` and ``.keras``: each computes the same with the layer's name left out."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.archive.writing.write import write_document
from kdoctor.doctor import plan_file
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer
from kdoctor.user_code.reading import definitions

SOURCE = """
import keras

class NoKw(keras.layers.Layer):
    def __init__(self, units):
        super().__init__()
        self.units = units
    def build(self, shape):
        self.kernel = self.add_weight(shape=(shape[-1], self.units))
    def call(self, x):
        return keras.ops.matmul(x, self.kernel)
    def get_config(self):
        return {**super().get_config(), "units": self.units}
"""
SAVE = """
import sys, numpy, keras
from mine import NoKw
start = keras.Input((4,))
model = keras.Model(start, keras.layers.Dense(2)(NoKw(3)(NoKw(3)(start))))
model.save(sys.argv[1])
numpy.save(sys.argv[2], model.predict(numpy.eye(4), verbose=0))
"""
LOAD = """
import sys, numpy, keras
from mine import NoKw
model = keras.models.load_model(sys.argv[1], custom_objects={"NoKw": NoKw})
numpy.testing.assert_allclose(model.predict(numpy.eye(4), verbose=0), numpy.load(sys.argv[2]), rtol=1e-5)
"""


def target() -> Target:
    code = {one.name: one for one in definitions(ast.parse(SOURCE), "mine", "mine.py")}
    return Target("3.15.1", custom=frozenset(code), given=Given(code=code))


def made(name: str = "no_kw", class_name: str = "NoKw", **config: Any) -> dict[str, Any]:
    return {
        **layer(class_name, module="mine", name=name, units=3, trainable=True, dtype="float32", **config),
        "registered_name": class_name,
    }


def graph(*names: str, last: dict[str, Any] | None = None) -> Document:
    layers, before = [start()], "in"
    for one in (*(made(name) for name in names), last or layer("Dense", name="out", units=2)):
        layers.append(after(one, before))
        before = one["config"]["name"]
    return document(functional(*layers, outputs=((before, 0, 0),)))


def test_the_name_is_left_out_of_a_graph() -> None:
    sick = graph("no_kw", "mine")
    for number, found in enumerate(examine("K304", sick, target()), start=1):
        assert found.repair is not None
        sick = apply(sick, found.repair.edits)
        assert sick.config["config"]["layers"][number]["config"] == {"units": 3}
        assert sick.config["config"]["layers"][number]["name"] == ("no_kw", "mine")[number - 1]
    assert examine("K304", sick, target()) == []


@pytest.mark.parametrize("last", [made("mine"), layer("Dense", name="no_kw_3", units=2)])
def test_the_name_of_an_output_and_one_that_another_layer_has_are_kept(last: dict[str, Any]) -> None:
    assert examine("K304", graph("other", last=last), target())[-1].repair is None


@pytest.mark.parametrize("extension", ["keras", "h5"])
def test_real_keras_computes_the_same_without_the_name(tmp_path: Path, extension: str) -> None:
    (tmp_path / "mine.py").write_text(SOURCE, "utf-8")
    sick, cured = (tmp_path / f"{name}.{extension}" for name in ("sick", "cured"))
    in_keras(tmp_path, SAVE, sick)
    plan = plan_file(sick, target(), load_checks())
    assert plan.after.loads, [found.finding.message for found in plan.after.errors]
    write_document(plan.before.document, plan.after.document, cured)
    in_keras(tmp_path, LOAD, cured)


def in_keras(folder: Path, program: str, file: Path) -> None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-W", "ignore", "-c", program, str(file), str(folder / f"{file.suffix[1:]}.npy")]
    subprocess.run(command, cwd=folder, capture_output=True, env=environment, timeout=600, check=True)
