"""K610: a model that loads, and fails when it is used."""

from __future__ import annotations

from typing import Any

import keras
import numpy
import pytest
from graphs import cured

from kdoctor.document import Format
from kdoctor.target import Given, Target
from kdoctor.testing import document, examine, layer, sequential

MODEL = sequential(layer("Dense"))


def test_null_steps_per_execution_become_one() -> None:
    sick = document(MODEL, training={"optimizer": "adam", "steps_per_execution": None})
    (finding,) = examine("K610", sick)
    assert "'>' not supported between instances of 'NoneType' and 'int'" in str(finding.keras_says)
    healed = cured(sick, finding)
    assert healed.training == {"optimizer": "adam", "steps_per_execution": 1}
    assert examine("K610", healed) == []


@pytest.mark.parametrize("steps", ["auto", 0, -1, 2.0, [1]])
def test_what_is_no_count_of_steps_becomes_one(steps: Any) -> None:
    sick = document(MODEL, training={"optimizer": "adam", "steps_per_execution": steps})
    (finding,) = examine("K610", sick)
    healed = cured(sick, finding)
    assert healed.training == {"optimizer": "adam", "steps_per_execution": 1}
    assert examine("K610", healed) == []


@pytest.mark.parametrize("training", [{"steps_per_execution": 1}, {"optimizer": "adam"}, None, "adam"])
def test_a_number_and_no_word_of_it_are_healthy(training: Any) -> None:
    assert examine("K610", document(MODEL, training=training)) == []


def test_an_h5_does_not_hand_it_on() -> None:
    assert examine("K610", document(MODEL, format=Format.H5_MODEL, training={"steps_per_execution": None})) == []


def scheduled(name: Any) -> dict[str, Any]:
    schedule = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.1, "name": name}}
    return {"optimizer": {"class_name": "Adam", "config": {"name": "Adam", "learning_rate": schedule}}}


def test_a_schedule_called_null_is_left_without_a_name() -> None:
    sick = document(MODEL, training=scheduled(None))
    (finding,) = examine("K610", sick)
    assert finding.mild, "the model predicts"
    healed = cured(sick, finding)
    assert "name" not in healed.training["optimizer"]["config"]["learning_rate"]["config"]
    assert examine("K610", healed) == []


@pytest.mark.parametrize("format", [Format.KERAS_ZIP, Format.H5_MODEL])
def test_so_is_the_schedule_of_an_optimizer_that_a_loss_scale_optimizer_holds(format: Format) -> None:
    """Seen in a file of 2.15: the result of fix loaded, and failed in fit()."""
    key = "optimizer" if format.native else "optimizer_config"
    held = {"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": scheduled(None)["optimizer"]}}
    sick = document(MODEL, training={key: held}, format=format)
    (finding,) = examine("K610", sick)
    inner = cured(sick, finding).training[key]["config"]["inner_optimizer"]
    assert "name" not in inner["config"]["learning_rate"]["config"]


def test_who_wants_to_train_meets_an_error() -> None:
    (finding,) = examine("K610", document(MODEL, training=scheduled(None)), Target("3.15.1", purpose="training"))
    assert not finding.mild


@pytest.mark.parametrize("target", [Target("3.15.1"), Target("2.15.0")])
def test_a_schedule_with_a_name_is_healthy(target: Target) -> None:
    assert examine("K610", document(MODEL, training=scheduled("decay")), target) == []


def stepped(values: list[Any], name: str = "PiecewiseConstantDecay") -> dict[str, Any]:
    schedule = {"class_name": name, "config": {"boundaries": [1, 3], "values": values, "name": "steps"}}
    return {"optimizer": {"class_name": "SGD", "config": {"name": "SGD", "learning_rate": schedule}}}


def test_steps_of_whole_numbers_and_others_are_made_even() -> None:
    """Fitted: a file of 2.15 fails in 3.15.1, and trains with floats alone."""
    sick = document(MODEL, training=stepped([1, 0.02, 0.01]))
    (finding,) = examine("K610", sick)
    assert finding.mild
    assert cured(sick, finding).training == stepped([1.0, 0.02, 0.01])
    assert examine("K610", cured(sick, finding)) == []
    assert not examine("K610", sick, Target("3.15.1", purpose="training"))[0].mild
    assert examine("K610", document(MODEL, training=stepped([0.1, 0.02, 0.01]))) == []
    assert examine("K610", document(MODEL, training=stepped([1, 2, 3]))) == []


def test_keras_2_takes_a_schedule_called_null() -> None:
    assert examine("K610", document(MODEL, training=scheduled(None)), Target("2.15.0")) == []


def binned(**config: Any) -> Any:
    return document(sequential(layer("Discretization", name="bins", num_bins=3, **config)))


def test_boundaries_that_keras_2_learned_are_asked_for_and_written_as_given() -> None:
    (finding,) = examine("K610", binned(bin_boundaries=None))
    assert [(need.flag, need.name) for need in finding.needs] == [("--set", "bins.bin_boundaries=[…]")]
    told = Target("3.15.1", given=Given(settings={("bins", "bin_boundaries"): [0.5, 1.5]}))
    (finding,) = examine("K610", binned(bin_boundaries=None), told)
    healed = cured(binned(bin_boundaries=None), finding)
    assert examine("K610", healed) == []
    made = keras.layers.Discretization.from_config(healed.config["config"]["layers"][0]["config"])
    assert made(numpy.array([[0.0, 1.0, 2.0]])).numpy().tolist() == [[0, 1, 2]]


def test_boundaries_in_the_config_are_healthy() -> None:
    assert examine("K610", binned(bin_boundaries=[0.5, 1.5])) == []
    assert examine("K610", binned(bin_boundaries=None), Target("2.15.0")) == []


@pytest.mark.parametrize(
    ("target", "says"), [(Target("3.15.1"), "Table not initialized"), (Target("2.15.0"), "not an instance of `tf.Variable`")]
)
@pytest.mark.parametrize("name", ["TextVectorization", "StringLookup", "IntegerLookup"])
def test_words_that_an_h5_could_not_hold_are_missed_by_keras_2_too(name: str, target: Target, says: str) -> None:
    def stored(words: list[str] | None) -> Any:
        return document(sequential(layer(name, name="words", vocabulary=words)), format=Format.H5_MODEL)

    (finding,) = examine("K610", stored(None), target)
    assert says in str(finding.keras_says)
    assert examine("K610", stored(["a", "b"]), target) == []


@pytest.mark.parametrize(
    ("name", "told", "stated"),
    [
        ("StringLookup", ["a", "b"], ["a", "b"]),
        ("IntegerLookup", [7, -3], [7, -3]),
        ("IntegerLookup", ["a"], None),
        ("IntegerLookup", [1.5], None),
        ("TextVectorization", "words.txt", None),
    ],
)
def test_words_that_the_user_gives_are_written(name: str, told: Any, stated: list[Any] | None) -> None:
    sick = document(sequential(layer(name, name="words", vocabulary=None)), format=Format.H5_MODEL)
    (finding,) = examine("K610", sick, Target("3.15.1", given=Given(settings={("words", "vocabulary"): told})))
    if stated is None:
        assert finding.repair is None
        assert [need.flag for need in finding.needs] == ["--set"]
    else:
        healthy = cured(sick, finding)
        assert healthy.config["config"]["layers"][0]["config"]["vocabulary"] == stated
        assert examine("K610", healthy) == []


def test_words_that_weigh_something_are_asked_for_as_a_file() -> None:
    sick = document(sequential(layer("StringLookup", name="words", vocabulary=None, output_mode="tf_idf")), format=Format.H5_MODEL)
    (finding,) = examine("K610", sick, Target("3.15.1", given=Given(settings={("words", "vocabulary"): ["a"]})))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["FILE"]


def test_an_h5_lists_the_summary_no_more() -> None:
    names = {"/model_weights": {"layer_names": ["bins", "dense"]}}
    sick = document(binned(bin_boundaries=None).config, format=Format.H5_MODEL, attributes=names)
    (finding,) = examine("K610", sick, Target("3.15.1", given=Given(settings={("bins", "bin_boundaries"): [0.5, 1.5]})))
    assert cured(sick, finding).attributes["/model_weights"]["layer_names"] == ["dense"]


def stacked(*cells: str, masked: bool = True, both_ways: bool = False, **words: Any) -> Any:
    stack = layer("StackedRNNCells", cells=[layer(cell, name=f"cell_{n}", units=2) for n, cell in enumerate(cells)])
    runs = layer("RNN", name="rnn", cell=stack, **words)
    last = layer("Bidirectional", name="both", layer=runs) if both_ways else runs
    return document(sequential(*[layer("Masking")] * masked, layer("Dense", name="d", units=3), last), format=Format.H5_MODEL)


@pytest.mark.parametrize("both_ways", [False, True])
def test_a_masked_stack_of_one_cell_is_taken_for_the_cell(both_ways: bool) -> None:
    sick = stacked("GRUCell", both_ways=both_ways)
    (finding,) = examine("K610", sick)
    runs = cured(sick, finding).config["config"]["layers"][-1]["config"]
    assert (runs["layer"]["config"] if both_ways else runs)["cell"]["class_name"] == "GRUCell"
    assert examine("K610", cured(sick, finding)) == []


def test_a_stack_of_one_lstm_cell_fails_unrolled_too_and_others_do_not() -> None:
    assert len(examine("K610", stacked("LSTMCell", masked=False, unroll=True))) == 1
    for healthy in (
        stacked("GRUCell", masked=False),
        stacked("GRUCell", masked=False, unroll=True),
        stacked("LSTMCell", unroll=True),
        stacked("GRUCell", "GRUCell"),
    ):
        assert examine("K610", healthy) == []


@pytest.mark.parametrize(("release", "error"), [("2.12.0", False), ("2.13.1", True), ("2.15.0", True)])
def test_a_cudnn_layer_is_not_found_in_an_archive_of_keras_2_13(release: str, error: bool) -> None:
    """Saved and loaded in TensorFlow 2.12, 2.13 and 2.15, as a layer of a Functional, Sequential, Bidirectional and nested model (2026-11-23)."""
    stack = sequential(layer("CuDNNLSTM", name="steps", units=2))
    (finding,) = (one for one in examine("K610", document(stack), Target(release)) if one.layer == "steps")
    assert finding.mild is not error
    (other,) = (one for one in examine("K610", document(stack, format=Format.H5_MODEL), Target(release)) if one.layer == "steps")
    assert other.mild
