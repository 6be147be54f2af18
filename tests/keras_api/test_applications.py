"""Weights alone tell which architecture of keras.applications they are of: held against models that real Keras builds, and brings back."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import h5py
import pytest
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.cli.app import app
from kdoctor.document import Format
from kdoctor.keras_api.applications import Application, applications, digest
from kdoctor.testing import document, examine

MAKE = """
import sys, keras, numpy
from keras import layers
folder, made = sys.argv[1], keras.applications.MobileNetV2
keras.utils.set_random_seed(1)
whole = made(weights=None, alpha=0.35, classes=7, input_shape=(32, 32, 3))
bare = made(weights=None, alpha=0.35, include_top=False, input_shape=(32, 32, 3))
whole.save_weights(f"{folder}/whole.weights.h5")
whole.save(f"{folder}/whole.keras"); whole.save(f"{folder}/whole.h5")
open(f"{folder}/whole.json", "w").write(whole.to_json())
bare.save_weights(f"{folder}/bare.weights.h5")
keras.Model(bare.input, layers.Dense(2)(layers.Dense(5)(layers.GlobalAveragePooling2D()(bare.output)))).save_weights(f"{folder}/own.weights.h5")
nested = keras.Sequential([layers.Input((32, 32, 3)), bare, layers.GlobalAveragePooling2D(), layers.Dense(4)])
nested.save_weights(f"{folder}/nested.weights.h5")
"""
COMPARE = """
import sys, keras, numpy
given = numpy.random.default_rng(0).random((1, 32, 32, 3), dtype="float32")
right, *others = (numpy.asarray(keras.models.load_model(path)(given, training=False)) for path in sys.argv[1:])
print([float(abs(other - right).max()) for other in others])
"""
CALL = "keras.applications.MobileNetV2(weights=None, "


def in_keras(code: str, *arguments: Any) -> str:
    """What the code prints, in a process with Keras of its own."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    in_keras(MAKE, folder)
    return folder


def test_every_architecture_of_keras_is_in_the_table_with_its_top_and_without() -> None:
    found: dict[str, set[bool]] = {}
    for one in applications():
        found.setdefault(one.name, set()).add(one.last is None)
    assert len(found) == 71
    assert all(tops == {True, False} for tops in found.values())


def test_no_two_of_them_have_the_same_arrays() -> None:
    seen: dict[tuple[int, str, object], Application] = {}
    for one in applications():
        assert seen.setdefault((one.arrays, one.digest, one.last), one) is one


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("whole.weights.h5", f"; fits {CALL}alpha=0.35, classes=7), or that without its top and a last layer of your own, of 7 units"),
        ("bare.weights.h5", f"; fits {CALL}include_top=False, alpha=0.35)"),
        ("own.weights.h5", f"; fits {CALL}include_top=False, alpha=0.35) with layers of your own behind it (4 arrays)"),
        ("nested.weights.h5", f"; the layer 'functional' fits {CALL}include_top=False, alpha=0.35)"),
    ],
)
def test_what_the_weights_fit_is_told_as_the_call_that_makes_it(made: Path, name: str, told: str) -> None:
    (finding,) = examine("K108", open_document(made / name))
    assert finding.message.endswith(f"and no architecture{told}")


def test_the_need_says_how_to_write_the_architecture_down(made: Path) -> None:
    (finding,) = examine("K108", open_document(made / "bare.weights.h5"))
    (need,) = finding.needs
    assert (need.flag, need.name) == ("--architecture", "model.json")
    assert f"{CALL}include_top=False, alpha=0.35).to_json()" in need.why


def test_groups_of_an_h5_are_recognised_in_whatever_order_they_are_listed(made: Path) -> None:
    with h5py.File(made / "whole.h5", "r") as file:
        arrays: dict[str, tuple[int, ...]] = {}
        file["model_weights"].visititems(lambda path, node: arrays.update({path: node.shape}) if isinstance(node, h5py.Dataset) else None)
    (finding,) = examine("K108", document(format=Format.H5_WEIGHTS, weights=arrays, file={"name": "m.h5"}))
    assert f"fits {CALL}alpha=0.35, classes=7)" in finding.message


def test_weights_of_nobody_fit_nothing() -> None:
    (finding,) = examine("K108", document(format=Format.H5_WEIGHTS, weights={"dense/kernel:0": (3, 1000), "dense/bias:0": (1000,)}))
    assert "fits" not in finding.message


def without_config(made: Path, name: str, out: Path) -> Path:
    """A saved model whose architecture is gone."""
    if name.endswith(".h5"):
        out.write_bytes((made / name).read_bytes())
        with h5py.File(out, "r+") as file:
            del file.attrs["model_config"]
        return out
    with zipfile.ZipFile(made / name) as whole, zipfile.ZipFile(out, "w") as sick:
        for member in whole.namelist():
            content = whole.read(member)
            if member != "config.json" or "cut" in out.name:
                sick.writestr(member, content[:900] if member == "config.json" else content)
    return out


def test_the_architecture_brings_the_whole_model_back(made: Path, tmp_path: Path) -> None:
    sick = [
        made / "whole.weights.h5",
        without_config(made, "whole.h5", tmp_path / "lost.h5"),
        without_config(made, "whole.keras", tmp_path / "lost.keras"),
        without_config(made, "whole.keras", tmp_path / "cut.keras"),
    ]
    written = []
    for number, path in enumerate(sick):
        out = str(tmp_path / f"out{number}.keras")
        ended = CliRunner().invoke(app, ["fix", str(path), "--architecture", str(made / "whole.json"), "-o", out, "--format", "json"])
        written.append(json.loads(ended.stdout)["out"])
    assert json.loads(in_keras(COMPARE, made / "whole.keras", *written)) == [0.0] * len(sick)


def test_the_architecture_of_another_model_is_refused(made: Path, tmp_path: Path) -> None:
    sick = without_config(made, "whole.keras", tmp_path / "lost.keras")
    other = json.loads((made / "whole.json").read_text())
    next(layer for layer in other["config"]["layers"] if layer["class_name"] == "Dense")["config"]["units"] = 8
    (tmp_path / "other.json").write_text(json.dumps(other))
    ended = CliRunner().invoke(app, ["fix", str(sick), "--architecture", str(tmp_path / "other.json"), "--format", "json"])
    answer = json.loads(ended.stdout)
    assert (ended.exit_code, answer["written"]) == (1, False)
    assert any("the one you gave does not fit" in found["message"] for found in answer["remaining"])


def test_a_digest_knows_no_order() -> None:
    assert digest([(3, 4), (4,)]) == digest([(4,), (3, 4)]) != digest([(4, 3), (4,)])
