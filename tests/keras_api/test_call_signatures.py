"""What a layer's ``call`` takes, release by release: how it is told from source, what the table says, and that Keras agrees."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kdoctor.keras_api.api_object import REQUIRED
from kdoctor.keras_api.call_facts import CallFacts, call_facts
from kdoctor.keras_api.call_signatures import CallSignature, call_signature
from kdoctor.keras_api.catalogue import Catalogue, known_releases
from kdoctor.keras_api.families import FAMILIES, KERAS_3
from kdoctor.keras_api.generate_calls import FILE, family_calls
from kdoctor.keras_api.hierarchy import Hierarchy
from kdoctor.keras_api.wheel import read_wheel

PROBE = """
import importlib, inspect, json, sys
answers = {}
for path in json.load(sys.stdin):
    module, _, name = path.rpartition(".")
    taken = inspect.signature(getattr(importlib.import_module(module), name).call).parameters.values()
    if not any(one.kind in (one.VAR_POSITIONAL, one.VAR_KEYWORD) for one in taken):
        answers[path] = [one.name for one in taken if one.name != "self"]
print(json.dumps(answers))
"""


def facts(folder: Path, source: str, operation: bool = False) -> CallFacts | None:
    with zipfile.ZipFile(folder / "keras.whl", "w") as wheel:
        wheel.writestr(
            "keras/layer.py", "class Layer:\n    def call(self, *args, **kwargs): ...\n    def __call__(self, *args, **kwargs): ...\n"
        )
        wheel.writestr("keras/subject.py", f"from keras.layer import Layer\n{source}")
    return call_facts(Hierarchy(read_wheel(folder / "keras.whl")), ("keras.subject", "Tested"), operation)


def test_a_call_is_that_of_the_nearest_class_that_has_one(tmp_path: Path) -> None:
    source = "class Base(Layer):\n    def call(self, x, mask=None): ...\nclass Tested(Base):\n    pass\n"
    assert facts(tmp_path, source) == CallFacts({"x": REQUIRED, "mask": None}, 2)


def test_what_dunder_call_takes_beside_it_is_taken_by_keyword(tmp_path: Path) -> None:
    source = "class Tested(Layer):\n    def call(self, x): ...\n    def __call__(self, x, constants=None, **kwargs): ...\n"
    assert facts(tmp_path, source) == CallFacts({"x": REQUIRED, "constants": None}, 1)


@pytest.mark.parametrize(
    "body",
    [
        "def call(self, x, **kwargs): ...",
        "def call(self, *xs): ...",
        "def __init__(self, f):\n        self.call = f",
        "pass",
        "call = other",
    ],
)
def test_nothing_is_told_of_a_call_that_takes_anything_or_is_made_later(tmp_path: Path, body: str) -> None:
    assert facts(tmp_path, f"class Tested(Layer):\n    {body}\n") is None


def test_an_operation_is_bound_to_what_infers_its_output(tmp_path: Path) -> None:
    source = "class Tested(Layer):\n    def call(self, x, axis): ...\n    def compute_output_spec(self, x): ...\n"
    assert facts(tmp_path, source, operation=True) == CallFacts({"x": REQUIRED}, 1)


def test_what_stays_the_same_is_written_once() -> None:
    key, short, long = ("layers", "Dense"), CallFacts({"x": REQUIRED}, 1), CallFacts({"x": REQUIRED, "mask": None}, 2)
    written = family_calls({"1": {key: short}, "2": {key: short}, "3": {}, "4": {key: long}})
    assert written["classes"] == {"layers": {"Dense": [(0, 1, 0), (3, 3, 1)]}}
    assert written["signatures"] == [[1, "x"], [2, "x", ["mask", None]]]


def test_the_table_has_the_releases_of_the_catalogue_and_is_small() -> None:
    document = json.loads(FILE.read_text("utf-8"))
    for family in FAMILIES:
        names = [release.number if family is KERAS_3 else release.label for release in family.releases]
        assert document["families"][family.name]["releases"] == names
    assert FILE.stat().st_size < 60_000


@pytest.mark.parametrize("label", known_releases())
def test_every_release_tells_of_its_dense_layer(label: str) -> None:
    name, _, number = label.partition("==")
    dense = Catalogue.load(number, name).legacy("layer", "Dense")
    assert dense is not None
    found = call_signature(dense.path, number, name)
    assert found is not None
    assert next(iter(found.parameters)) in ("inputs", "x")


def taken(class_name: str, release: str) -> CallSignature:
    found = Catalogue.load(release).legacy("layer", class_name)
    assert found is not None
    signature = call_signature(found.path, release)
    assert signature is not None
    return signature


def test_keywords_come_and_go() -> None:
    assert "use_causal_mask" not in taken("Attention", "2.9.0").parameters
    assert taken("Attention", "2.10.0").parameters["use_causal_mask"] is False
    assert "mask" in taken("GroupNormalization", "2.15.0").parameters
    assert "mask" not in taken("GroupNormalization", "3.15.1").parameters
    assert "constants" in taken("Bidirectional", "2.15.0").parameters
    assert "constants" not in taken("Bidirectional", "3.0.5").parameters
    assert taken("MultiHeadAttention", "3.15.1").positional == 10


def test_the_installed_keras_takes_what_the_table_says() -> None:
    release = importlib.metadata.version("keras")
    catalogue = Catalogue.load(release)
    paths = {found.path for name in catalogue.names("layer") if (found := catalogue.resolve("keras.layers", name)) is not None}
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONWARNINGS": "ignore"}
    asked = json.dumps(sorted(paths))
    done = subprocess.run([sys.executable, "-c", PROBE], input=asked, capture_output=True, text=True, env=environment, check=True)
    answers = json.loads(done.stdout)
    told = {path: found for path in paths if (found := call_signature(path, release)) is not None}
    assert len(told) > 100
    assert {path: [*found.parameters][: found.positional] for path, found in told.items()} == {path: answers[path] for path in told}
