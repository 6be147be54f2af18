"""K607: the words of lookup layers under the folder of TensorFlow 2.13. The names are those of archives that it saved."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.check import Finding
from kdoctor.edit import apply
from kdoctor.testing import examine

OLD = "assets/_layer_checkpoint_dependencies/"
BATCH = [tf.constant([["x"], ["z"], ["w"]]), tf.constant([["t"], ["p"], ["q"]])]
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:Skipping nested container")  # of Keras


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two lookup layers whose words stand in assets, and a Dense that tells them apart."""
    first, second = (keras.layers.StringLookup(name=name, output_mode="one_hot") for name in ("first", "second"))
    first.adapt(np.array(["x", "y", "z"]))
    second.adapt(np.array(["p", "q", "r", "t"]))
    inputs = [keras.Input((1,), dtype="string", name=name) for name in "ab"]
    joined = keras.layers.Concatenate()([first(inputs[0]), second(inputs[1])])
    path = tmp_path_factory.mktemp("words") / "whole.keras"
    keras.Model(inputs, keras.layers.Dense(2)(joined)).save(path)
    return path


def renamed(whole: Path, folder: Path, names: dict[str, str]) -> Path:
    path = folder / "renamed.keras"
    with zipfile.ZipFile(whole) as one, zipfile.ZipFile(path, "w") as other:
        for name in one.namelist():
            other.writestr(names.get(name, name), one.read(name))
    return path


def named(*new: str) -> dict[str, str]:
    old = ("assets/layers/string_lookup/vocabulary.txt", "assets/layers/string_lookup_1/vocabulary.txt")
    return {before: f"{OLD}{after}/vocabulary.txt" for before, after in zip(old, new, strict=True)}


def found(path: Path) -> Finding:
    (finding,) = (one for one in examine("K607", open_document(path)) if one.at.part == "members")
    return finding


def outputs(path: Path) -> Any:
    return np.array(keras.models.load_model(path)(BATCH))


@pytest.mark.parametrize("numbers", [("string_lookup", "string_lookup_2"), ("string_lookup", "string_lookup_1")])
def test_words_move_to_where_keras_3_looks(whole: Path, tmp_path: Path, numbers: tuple[str, str]) -> None:
    sick = renamed(whole, tmp_path, named(*numbers))
    with pytest.raises(Exception, match=r"could not be loaded|NoneType"):
        keras.models.load_model(sick)
    finding, document = found(sick), open_document(sick)
    assert finding.repair is not None
    write_document(document, apply(document, finding.repair.edits), tmp_path / "cured.keras")
    assert np.array_equal(outputs(tmp_path / "cured.keras"), outputs(whole))


@pytest.mark.parametrize("numbers", [("string_lookup", "string_lookup_3"), ("string_lookup_5", "string_lookup_6"), ("string_lookup", "x")])
def test_words_that_belong_to_no_layer_are_left_where_they_are(whole: Path, tmp_path: Path, numbers: tuple[str, str]) -> None:
    finding = found(renamed(whole, tmp_path, named(*numbers)))
    assert finding.repair is None
    assert finding.needs


def test_so_are_those_of_which_a_layer_has_none(whole: Path, tmp_path: Path) -> None:
    path = renamed(whole, tmp_path, named("string_lookup", "string_lookup_2"))
    short = tmp_path / "short.keras"
    with zipfile.ZipFile(path) as one, zipfile.ZipFile(short, "w") as other:
        for name in one.namelist():
            if "string_lookup_2" not in name:
                other.writestr(name, one.read(name))
    assert json.loads(zipfile.ZipFile(short).read("config.json"))
    assert found(short).repair is None
