"""K608: a Sequential whose config is the bare list of its layers."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured

from kdoctor.check import Safety
from kdoctor.document import Document, Format
from kdoctor.testing import document, examine, layer, sequential


def h5(config: object) -> Document:
    return document(config, format=Format.H5_MODEL)


def keras_1(config: object) -> Document:
    return document(config, format=Format.H5_MODEL, metadata={"keras_version": "1.2.2"})


def stack(*layers: dict[str, object]) -> dict[str, object]:
    return {"class_name": "Sequential", "config": list(layers)}


def test_the_list_is_written_as_name_and_layers() -> None:
    sick = h5(stack(layer("Dense")))
    (finding,) = examine("K608", sick)
    assert finding.keras_says == "TypeError: pop expected at most 1 argument, got 2"
    healed = cured(sick, finding)
    assert healed.config["config"] == {"name": "sequential", "layers": [layer("Dense")]}
    assert examine("K608", healed) == []


def test_names_that_the_file_has_are_not_taken_again() -> None:
    sick = h5(stack(layer("Dense", name="sequential")))
    (finding,) = examine("K608", sick)
    assert cured(sick, finding).config["config"]["name"] == "sequential_1"


def test_a_list_within_a_list_is_cured_in_a_round_of_its_own() -> None:
    sick = h5(stack(stack(layer("Dense"))))
    rounds = 0
    while found := examine("K608", sick):
        sick, rounds = cured(sick, found[0]), rounds + 1
    assert rounds == 2
    assert sick.config["config"]["layers"][0]["config"]["name"] == "sequential_1"


def test_the_form_of_every_later_keras_is_healthy() -> None:
    assert examine("K608", h5(sequential(layer("Dense")))) == []
    assert examine("K608", h5({"class_name": "Mine", "config": []})) == []


def test_a_layer_in_a_wrapper_has_its_words_too() -> None:
    inner = {"class_name": "Dense", "config": {"name": "dense_1", "output_dim": 2, "bias": True, "init": "glorot_uniform"}}
    sick = keras_1(sequential({"class_name": "TimeDistributed", "config": {"name": "each", "layer": inner}}))
    (finding,) = examine("K608", sick)
    assert examine("K601", sick) == []  # which would say of every word that it has no cure
    healed = cured(sick, finding).config["config"]["layers"][0]["config"]["layer"]
    assert (healed["class_name"], healed["config"]["units"], healed["config"]["use_bias"]) == ("Dense", 2, True)


def test_a_layer_of_a_model_in_a_wrapper_has_its_words_too() -> None:
    inner = sequential({"class_name": "Dense", "config": {"name": "dense_1", "output_dim": 2, "bias": True}}, name="inner")
    sick = keras_1(sequential({"class_name": "TimeDistributed", "config": {"name": "each", "layer": inner}}))
    (finding,) = examine("K608", sick)
    assert cured(sick, finding).config["config"]["layers"][0]["config"]["layer"]["config"]["layers"][0]["config"]["units"] == 2


def test_the_arrays_of_a_recurrent_layer_in_a_wrapper_are_not_laid_out_by_guess() -> None:
    inner = {"class_name": "LSTM", "config": {"name": "lstm_1", "output_dim": 2, "inner_activation": "sigmoid"}}
    (finding,) = examine("K608", keras_1(sequential({"class_name": "Bidirectional", "config": {"name": "both", "layer": inner}})))
    assert finding.repair is None


def test_an_embedding_that_drops_words_in_training_is_cured_where_the_user_allows_it() -> None:
    words = {"name": "e", "input_dim": 9, "output_dim": 2, "init": "uniform", "W_regularizer": None, "dropout": 0.2}
    (finding,) = examine("K608", keras_1(sequential({"class_name": "Embedding", "config": words})))
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    assert "dropout" not in finding.repair.edits[0].new["config"]


def test_the_second_direction_is_not_stated_in_the_words_of_keras_1() -> None:
    inner = {"class_name": "SimpleRNN", "config": {"name": "r", "output_dim": 2, "inner_init": "orthogonal", "go_backwards": True}}
    sick = keras_1(sequential({"class_name": "Bidirectional", "config": {"name": "both", "layer": inner}}))
    (backwards,) = examine("K609", sick)
    assert backwards.repair is None
    (words,) = examine("K608", sick)
    (after,) = examine("K609", cured(sick, words))
    assert after.repair is not None


@pytest.mark.parametrize(
    ("class_name", "config", "why"),
    [
        ("Convolution2D", {"nb_filter": 3, "nb_row": 2, "nb_col": 2, "dim_ordering": "th"}, "it takes the channels first"),
        ("BatchNormalization", {"mode": 1, "input_dtype": "float32"}, "its mode 1 is gone"),
        ("Dense", {"output_dim": 2, "W_regularizer": {"name": "EigenvalueRegularizer", "k": 1}}, "its W_regularizer is gone"),
        ("Merge", {"mode": "<lambda>"}, "nobody merges by '<lambda>' any more"),
        ("LSTM", {"output_dim": 2, "inner_activation": "hard_sigmoid"}, "its arrays are not stored as Keras 1 had them"),
    ],
)
def test_why_there_is_no_cure_is_told(class_name: str, config: dict[str, Any], why: str) -> None:
    node = {"class_name": class_name, "config": {"name": "it", **config}}
    (found,) = examine("K608", keras_1({"class_name": "Sequential", "config": {"name": "s", "layers": [node]}}))
    assert found.repair is None
    assert f"and is not cured: {why}" in found.message
