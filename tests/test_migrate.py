"""Conversions that must not change what a model computes, of files that the installed Keras saves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from kdoctor.archive.writing.write import write_document
from kdoctor.asked import installed_keras
from kdoctor.container import Container
from kdoctor.doctor import convert_file, repair_file
from kdoctor.packs import load_checks
from kdoctor.target import Target

KERAS_2, HERE = Target("2.15.0"), Target(installed_keras())


def saved(path: Path, *layers: Any) -> Path:
    keras.Sequential([keras.Input((8, 8, 3)), *layers]).save(path)
    return path


def class_names(plan: Any) -> list[str]:
    return [layer["class_name"] for layer in plan.after.document.config["config"]["layers"]]


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_random_crop_that_keras_2_would_resize_with_is_refused_without_unsafe(tmp_path: Path, suffix: str) -> None:
    path = saved(tmp_path / f"model{suffix}", keras.layers.RandomCrop(4, 4))
    for plan in (repair_file(path, KERAS_2, load_checks()), convert_file(path, KERAS_2, load_checks(), Container.H5)):
        assert "makes images 4 x 4 when Keras 2.15.0 predicts" in plan.refused
    cured = repair_file(path, KERAS_2, load_checks(), unsafe=True)
    assert (cured.refused, cured.after.errors) == ("", ())
    assert class_names(cured) == ["InputLayer", "Rescaling"]
    assert [one.check.code for one in cured.applied].count("K609") == 1


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_layers_that_vary_images_are_said_to_keras_2_without_the_place_of_the_channels(tmp_path: Path, suffix: str) -> None:
    varying = [keras.layers.RandomFlip(), keras.layers.RandomRotation(0.1), keras.layers.RandomZoom(0.1), keras.layers.RandomContrast(0.1)]
    path = saved(tmp_path / f"model{suffix}", *varying, keras.layers.Resizing(4, 4))
    cured = repair_file(path, KERAS_2, load_checks())
    assert (cured.refused, cured.after.errors) == ("", ())
    assert class_names(cured) == ["InputLayer", "RandomFlip", "RandomRotation", "RandomZoom", "RandomContrast", "Resizing"]
    assert not any("data_format" in layer["config"] for layer in cured.after.document.config["config"]["layers"])


def words_learned(path: Path) -> Path:
    """A model that looks words up in three ways, all of which it learned."""
    text, number = keras.Input((1,), dtype="string"), keras.Input((1,), dtype="int64")
    sentences = keras.layers.TextVectorization(output_sequence_length=3)
    sentences.adapt(np.array(["ä b c", "b c", "c"]))
    names = keras.layers.StringLookup(num_oov_indices=2, mask_token="", output_mode="int")
    names.adapt(np.array(["c", "b", "ä b c"]))
    numbers = keras.layers.IntegerLookup(output_mode="multi_hot")
    numbers.adapt(np.array([7, -3, 7]))
    keras.Model([text, number], [sentences(text), names(text), numbers(number)]).save(path)
    return path


def test_words_that_layers_learned_go_along_into_an_h5(tmp_path: Path) -> None:
    path, out = words_learned(tmp_path / "model.keras"), tmp_path / "out.h5"
    plan = convert_file(path, HERE, load_checks(), Container.H5)
    assert (plan.refused, plan.after.errors) == ("", ())
    write_document(plan.before.document, plan.after.document, out)
    given = [np.array([["b c"], ["ä b c"], ["x"]]), np.array([[7], [-3], [5]])]
    for before, after in zip(outputs(path, given), outputs(out, given), strict=True):
        np.testing.assert_array_equal(before, after)


def outputs(path: Path, given: list[Any]) -> list[Any]:
    texts, numbers = given
    return [np.asarray(one) for one in keras.models.load_model(path)([tf.constant(texts), tf.constant(numbers)])]


def test_words_that_layers_learned_are_stated_to_keras_2(tmp_path: Path) -> None:
    cured = repair_file(words_learned(tmp_path / "model.keras"), KERAS_2, load_checks())
    assert (cured.refused, cured.after.errors) == ("", ())
    document = cured.after.document
    stated = {one["class_name"]: one["config"].get("vocabulary") for one in document.config["config"]["layers"]}
    assert stated["TextVectorization"] == ["", "[UNK]", "c", "b", "ä"]
    assert sorted(stated["StringLookup"][3:]) == ["b", "c", "ä b c"]
    assert stated["StringLookup"][:3] == ["", "[UNK]", "[UNK]"]
    assert stated["IntegerLookup"] == [-1, 7, -3]
    assert [member.name for member in document.members.values() if member.role == "asset" and member.name.endswith(".txt")] == []


def test_words_that_weigh_something_are_not_left_behind(tmp_path: Path) -> None:
    text = keras.Input((1,), dtype="string")
    weighed = keras.layers.TextVectorization(output_mode="tf_idf")
    weighed.adapt(np.array(["a b c", "b c"]))
    keras.Model(text, weighed(text)).save(tmp_path / "model.keras")
    refused = [convert_file(tmp_path / "model.keras", target, load_checks(), Container.H5).refused for target in (KERAS_2, HERE)]
    assert "(tf_idf) are not where Keras 2 looks for them" in refused[0]
    assert "cannot hold the assets" in refused[1]


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
def test_what_a_conversion_cures_is_offered_as_a_cure(tmp_path: Path) -> None:
    """All that Keras 2 finds wrong with a plain compiled model of Keras 3: none of it is "without a cure"."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2), keras.layers.LeakyReLU(negative_slope=0.1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    model.save(tmp_path / "model.keras")
    cured = repair_file(tmp_path / "model.keras", KERAS_2, load_checks())
    assert (cured.refused, cured.after.errors) == ("", ())
    assert cured.before.errors
    assert [one.finding.message for one in cured.before.errors if one.finding.repair is None] == []
    assert any(one.finding.repair is not None and one.finding.repair.reworded for one in cured.before.errors)
