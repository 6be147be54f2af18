"""A stored function that Keras's operations cannot write, pasted as a layer into real Keras."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from stored_lambdas import crop

from kdoctor.document import Document
from kdoctor.testing import examine, layer, model

SOURCE = "lambda x: tf.map_fn(lambda row: tf.sort(row) * scale, x)"
RUN = """
import json, sys
import keras, numpy as np
text, path = json.load(sys.stdin)
script = {}
exec(text, script)
model = keras.Sequential([keras.Input((4,)), script["Crop"](name="crop")])
model.save(path)
loaded = keras.models.load_model(path)
print(json.dumps(np.asarray(loaded(np.array([[3, 1, 4, 2], [0, 9, 8, 7]], "float32"))).tolist()))
"""


def test_the_layer_to_paste_computes_what_the_function_did_and_loads_in_safe_mode(tmp_path: Path) -> None:
    document = model(layer("InputLayer", name="in", batch_shape=[None, 4]), crop(SOURCE, captured="scale", closure=[0.5]))
    (finding,) = examine("K401", document)
    assert finding.excerpt is not None
    assert "class Crop(keras.layers.Layer)" in finding.excerpt.text
    asked = json.dumps([finding.excerpt.text, str(tmp_path / "pasted.keras")])
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run([sys.executable, "-c", RUN], input=asked, capture_output=True, text=True, check=True, env=environment)
    assert json.loads(done.stdout.splitlines()[-1]) == [[0.5, 1.0, 1.5, 2.0], [0.0, 3.5, 4.0, 4.5]]


CAPTURED_FUNCTION = {"class_name": "function", "config": "mine", "registered_name": "function"}


def shown(document: Document) -> list[str]:
    """The codes of the checks that show the layer to paste."""
    found = [(code, finding) for code in ("K401", "K402", "K403") for finding in examine(code, document)]
    return [code for code, finding in found if finding.excerpt is not None and "(keras.layers.Layer)" in finding.excerpt.text]


@pytest.mark.parametrize(
    ("made", "codes"),
    [
        (crop("lambda x: mine(x) * 2"), ["K402"]),
        (crop("lambda x: mine(x)", captured="mine", closure=[CAPTURED_FUNCTION]), ["K403"]),
        (crop("lambda x: mine(other(x))", captured="mine", closure=[CAPTURED_FUNCTION]), ["K402"]),
        (crop("lambda x: x * FACTOR"), []),
        (crop("lambda x: tf.nn.relu(x)"), []),
        (crop("lambda x: tf.map_fn(lambda row: mine(row), x)"), ["K401"]),
    ],
)
def test_it_is_shown_once_by_the_check_that_says_what_is_lost(made: dict[str, Any], codes: list[str]) -> None:
    assert shown(model(layer("InputLayer", name="in", batch_shape=[None, 4]), made)) == codes


def test_what_it_needs_from_the_script_stands_at_its_top() -> None:
    (finding,) = examine("K402", model(layer("InputLayer", name="in", batch_shape=[None, 4]), crop("lambda x: mine(x) * 2")))
    assert finding.excerpt is not None
    assert finding.excerpt.text.splitlines()[1] == "mine = ...  # from the script that made the model"
