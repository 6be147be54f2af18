"""``kdoctor diff``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli.command import Run

SAMPLES = Path(__file__).parents[2] / "sample_models"
PLAIN = SAMPLES / "healthy" / "broken_connection.keras"


def topics(kdoctor: Run, other: str, *options: str) -> set[tuple[str, str]]:
    ended = kdoctor("diff", PLAIN, SAMPLES / other, "--format", "json", *options)
    found = json.loads(ended.out)
    assert ended.code == (0 if found["same"] else 1)
    return {(change["topic"], change["place"]) for change in found["changes"]}


def test_a_file_differs_from_itself_in_nothing(kdoctor: Run) -> None:
    ended = kdoctor("diff", PLAIN, PLAIN, "--deep")
    assert (ended.code, ended.out) == (0, "")


def test_an_array_that_is_gone_is_a_difference(kdoctor: Run) -> None:
    assert topics(kdoctor, "sick/missing_weights.keras") == {("weights", "scores.bias")}


def test_other_numbers_are_told_with_deep_alone(kdoctor: Run) -> None:
    other = "sick/degenerate_weights.keras"
    assert topics(kdoctor, other) == set()
    assert topics(kdoctor, other, "--deep") == {("weights", "scores.kernel: numbers")}


def test_another_connection_is_architecture(kdoctor: Run) -> None:
    assert ("architecture", "scores: inputs") in topics(kdoctor, "sick/broken_connection.keras")


def test_other_layers_and_another_training_state_are_told(kdoctor: Run) -> None:
    found = topics(kdoctor, "sick/custom_compile_object.keras")
    assert {topic for topic, _ in found} >= {"architecture", "weights", "training"}


def test_what_could_not_be_read_is_never_called_the_same(kdoctor: Run) -> None:
    broken = SAMPLES / "sick" / "not_a_model__empty.keras"
    ended = kdoctor("diff", broken, broken)
    assert ended.code not in (0, 1)
    assert "cannot be compared: there is no model of Keras's in it" in ended.err


@pytest.mark.parametrize("format", ["text", "html"])
def test_people_see_both_sides(kdoctor: Run, format: str) -> None:
    ended = kdoctor("diff", PLAIN, SAMPLES / "sick" / "missing_weights.keras", "--format", format)
    assert ended.code == 1
    assert "scores.bias" in ended.out
    assert "float32 (2)" in ended.out


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
def test_layers_that_were_only_counted_on_are_compared_with_their_like(kdoctor: Run, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    for name, start, rate in (("one", 3, 0.1), ("other", 8, 0.2)):
        inner = keras.Sequential(
            [keras.Input((4,), name=f"input_{start}"), keras.layers.Dense(4, name=f"dense_{start}")], name=f"block_{start}"
        )
        inputs = keras.Input((4,), name=f"input_{start + 1}")
        hidden = keras.layers.Dropout(rate, name=f"dropout_{start}")(inner(inputs))
        outputs = keras.layers.Dense(2, name=f"dense_{start + 1}")(keras.layers.Dense(4, name=f"dense_{start + 2}")(hidden))
        keras.Model(inputs, outputs).save(tmp_path / f"{name}.keras")
    found = json.loads(kdoctor("diff", tmp_path / "one.keras", tmp_path / "other.keras", "--format", "json").out)
    assert {change["place"] for change in found["changes"] if change["topic"] != "architecture"} == {"dropout_3.rate"}
    assert all(change["place"].endswith(": name") for change in found["changes"] if change["topic"] == "architecture")
    assert ("block_3/dense_3: name", "dense_3", "dense_8") in {(c["place"], c["one"], c["other"]) for c in found["changes"]}


def test_that_numbers_were_not_compared_is_said(kdoctor: Run) -> None:
    assert "not compared" in kdoctor("diff", PLAIN, PLAIN).err
    assert "not compared" not in kdoctor("diff", PLAIN, PLAIN, "--deep").err


@pytest.mark.filterwarnings("ignore")  # of Keras, when it saves
@pytest.mark.parametrize("whole", ["model.keras", "model.h5"])
def test_a_file_of_weights_is_compared_with_a_whole_model_by_layers_and_roles(kdoctor: Run, tmp_path: Path, whole: str) -> None:
    keras = pytest.importorskip("keras")
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((5, 4)), layers.Bidirectional(layers.LSTM(3)), layers.BatchNormalization(name="norm"), layers.Dense(2)]
    )
    model.compile("adam", "mse")
    model.save(tmp_path / whole)
    model.save_weights(tmp_path / "same.weights.h5")
    model.get_layer("norm").beta.assign([0.0, 0.0, 0.5, 0.0, 0.0, 0.0])
    model.save_weights(tmp_path / "other.weights.h5")
    same = kdoctor("diff", tmp_path / "same.weights.h5", tmp_path / whole, "--deep")
    assert (same.code, same.out) == (0, "")
    assert "weights alone: architecture and training state were not compared" in same.err
    other = kdoctor("diff", tmp_path / whole, tmp_path / "other.weights.h5", "--deep", "--format", "json")
    assert [change["place"] for change in other.json["changes"]] == ["norm.beta: numbers"]


@pytest.mark.filterwarnings("ignore")
def test_weights_of_another_model_are_told_by_name(kdoctor: Run, tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    for units, path in ((2, "model.keras"), (3, "model.weights.h5")):
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, name="out")])
        model.save(tmp_path / path) if path.endswith(".keras") else model.save_weights(tmp_path / path)
    found = kdoctor("diff", tmp_path / "model.keras", tmp_path / "model.weights.h5", "--format", "json").json["changes"]
    assert {change["one"] for change in found} >= {"float32 (4, 2)", "float32 (2)"}
    assert {change["other"] for change in found} >= {"float32 (4, 3)", "float32 (3)"}
