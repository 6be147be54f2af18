"""K206: what a TimeDistributed holds, whose shape Keras 3 asks for: a class of the user's own has to tell it. Seen in 3.15.1 with a class
that Keras 2.15 had saved, and written anew for Keras 3 without a ``compute_output_shape``: the model did not load."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer
from kdoctor.user_code.reading import definitions

CALL = """
import keras
class Scale(keras.layers.Layer):
    def call(self, x):
        return x * 2
"""
TELLS = """
    def compute_output_shape(self, shape):
        return shape
"""
MADE = """
import sys, keras
exec(sys.argv[1])
held = Scale() if "Scale" in globals() else Half(3)
start = keras.Input((5, 4))
try:
    keras.Model(start, keras.layers.TimeDistributed(held)(start))
except NotImplementedError:
    print("refused")
"""
HALF = "import keras\nclass Half(keras.layers.Dense):\n    pass\n"


def target(source: str, release: str = "3.15.1") -> Target:
    code = {one.name: one for one in definitions(ast.parse(source), "mine", "mine.py")}
    return Target(release, custom=frozenset(code), given=Given(code=code))


def graph(class_name: str = "Scale", **stated: Any) -> Any:
    held = {**layer(class_name, name="held"), "module": "mine", **stated}
    first = start()
    first["config"]["batch_shape"] = [None, 5, 4]
    return document(functional(first, after(layer("TimeDistributed", name="out", layer=held), "in")))


def test_a_class_that_does_not_tell_its_shape_is_named_with_what_it_lacks() -> None:
    (found,) = examine("K206", graph(), target(CALL))
    assert found.message == "TimeDistributed 'out' holds a Scale, whose output shape Keras 3.15.1 cannot infer there"
    assert found.repair is not None
    assert found.repair.title == "give Scale a method compute_output_shape(self, input_shape)"
    assert examine("K206", graph(), target(CALL, "2.15.0")) == []


@pytest.mark.parametrize(
    ("source", "class_name"), [(CALL + TELLS, "Scale"), (HALF, "Half"), (CALL.replace("Scale", "Other"), "Scale"), (CALL, "my>Other")]
)
def test_one_that_does_or_whose_base_may_is_not(source: str, class_name: str) -> None:
    assert examine("K206", graph(class_name), target(source)) == []


def test_a_class_of_keras_is_not_taken_for_that_of_the_same_name() -> None:
    assert examine("K206", graph("Dropout", module="keras.layers"), target(CALL.replace("Scale", "Dropout"))) == []


def test_real_keras_refuses_the_same() -> None:
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    for source, refused in ((CALL, True), (CALL + TELLS, False), (HALF, False)):
        command = [sys.executable, "-W", "ignore", "-c", MADE, source]
        done = subprocess.run(command, cwd=Path.cwd(), capture_output=True, text=True, env=environment, timeout=600, check=True)
        assert ("refused" in done.stdout) is refused
