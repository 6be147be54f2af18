"""Lambda layers that Keras's operations cannot say, as classes of the user's own."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
from stored_lambdas import crop, encoded, innermost

from kdoctor.archive.writing.write import write_document
from kdoctor.asked import installed_keras
from kdoctor.custom.lambda_layers import brought, written
from kdoctor.custom.stub import stub
from kdoctor.doctor import plan_file
from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.structure.lambdas import lambdas
from kdoctor.target import Given, Target
from kdoctor.testing import examine, layer, model, sequential
from kdoctor.user_code.reading import definitions

DRAWS = "lambda x: x + K.random_normal(K.shape(x))"
START = layer("InputLayer", name="in", batch_shape=[None, 4])


def given(text: str, release: str = "3.15.1") -> Target:
    return Target(release, given=Given(code={one.name: one for one in definitions(ast.parse(text), "mine", "mine.py")}))


def text_of(sick: Document) -> str:
    text = stub(sick, Target("3.15.1"))
    assert text is not None
    return text


def test_the_layer_that_is_written_is_put_in_the_lambdas_place() -> None:
    sick = model(START, {**crop(DRAWS), "inbound_nodes": []})
    text = text_of(sick)
    assert "class Crop(keras.layers.Layer):\n    def call(self, x):\n        return x + K.random_normal(K.shape(x))" in text
    for code in ("K401", "K402"):
        (finding,) = examine(code, sick, given(text))
        assert finding.repair is not None
        assert finding.needs == ()
        made = apply(sick, finding.repair.edits).config["config"]["layers"][1]
        assert made == {
            "module": "mine", "class_name": "Crop", "registered_name": "Custom>Crop", "config": {"name": "crop"}, "inbound_nodes": [],
        }  # fmt: skip
        assert examine(code, apply(sick, finding.repair.edits), given(text)) == []


def test_the_finding_says_how() -> None:
    (finding,) = examine("K401", model(START, crop(DRAWS)))
    assert finding.repair is not None
    assert "kdoctor fix FILE --stub layers.py" in finding.repair.title


def test_what_has_a_cure_needs_no_layer() -> None:
    sick = model(START, crop("lambda x: x / 255.0"))
    (finding,) = examine("K401", sick, given("class Crop(keras.layers.Layer):\n    def call(self, x):\n        return x"))
    assert finding.repair is not None
    assert finding.repair.title == "write the layer of Keras that it is"


def test_no_source_is_written_of_code_that_reaches_for_the_system() -> None:
    sick = model(START, crop("lambda x: __import__('os').system(x)"))
    assert stub(sick, Target("3.15.1")) is None


def test_no_name_of_a_code_object_becomes_code() -> None:
    code = innermost(compile("lambda x: K.random_normal(x.shape)", "train.py", "eval"))
    hostile = code.replace(co_names=("K", "random_normal(1)\n\nimport os\nos.remove", "shape"))
    assert stub(model(START, layer("Lambda", name="crop", function=encoded(hostile))), Target("3.15.1")) is None


def test_two_lambdas_of_one_class_arguments_and_masks_are_left() -> None:
    text = text_of(model(START, crop(DRAWS)))
    both = [crop(DRAWS), {**crop(DRAWS), "config": {**crop(DRAWS)["config"], "name": "Crop"}}]
    more = [
        {**crop(DRAWS), "config": {**crop(DRAWS)["config"], **words}} for words in ({"arguments": {"a": 1}}, {"mask": {"class_name": "x"}})
    ]
    for layers in (both, more[:1], more[1:]):
        sick = model(START, *layers)
        assert all(brought(sick, given(text), found) is None and written(sick, found) is None for found in lambdas(sick))


def test_a_class_that_has_weights_or_needs_arguments_is_not_the_lambdas() -> None:
    sick = model(START, crop(DRAWS))
    weighted = "class Crop(Layer):\n    def build(self, shape):\n        self.w = self.add_weight(shape=(2,))"
    asking = "class Crop(Layer):\n    def __init__(self, factor, **kwargs):\n        super().__init__(**kwargs)"
    for text in (weighted, asking, "def crop(x):\n    return x", "Crop = 3"):
        assert brought(sick, given(text), lambdas(sick)[0]) is None


def test_real_keras_computes_with_the_layer_what_the_lambda_does(tmp_path: Path) -> None:
    """Shuffled and sorted again: no operation of Keras draws, and the result is known."""
    sick = sequential(START, crop("lambda x: tf.sort(tf.transpose(tf.random.shuffle(tf.transpose(x))))"), layer("ReLU", name="out"))
    file, out = tmp_path / "sick.keras", tmp_path / "cured.keras"
    content = io.BytesIO()
    with h5py.File(content, "w") as stored:
        stored.create_group("layers/lambda/vars")
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model.weights.h5", content.getvalue())
        archive.writestr("metadata.json", json.dumps({"keras_version": installed_keras(), "date_saved": ""}))
        archive.writestr("config.json", json.dumps(sick))
    before = plan_file(file, Target(installed_keras()), load_checks())
    text = stub(before.after.document, before.after.target)
    assert text is not None
    (tmp_path / "mine.py").write_text(text)
    plan = plan_file(file, given(text, installed_keras()), load_checks())
    assert plan.after.loads, [found.finding.message for found in plan.after.errors]
    write_document(plan.before.document, plan.after.document, out)
    assert run(tmp_path) == [[1.0, 2.0, 3.0, 4.0]]


def run(folder: Path) -> Any:
    source = "import mine, keras, json; print(json.dumps(keras.models.load_model('cured.keras')(keras.ops.array([[3., 1., 4., 2.]])).numpy().tolist()))"
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, cwd=folder, env=environment, timeout=300, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])
