"""K507: training states that lack what Keras reads of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from graphs import cured

from kdoctor.document import ABSENT, Document, Format
from kdoctor.target import Given, Target, Training
from kdoctor.testing import KERAS_3, document, examine, layer, sequential

WHOLE = {"loss": "mean_squared_error", "metrics": [], "loss_weights": None, "optimizer_config": {"class_name": "Adam", "config": {}}}
GIVEN = Training("Adam", {"learning_rate": 0.1}, "mean_squared_error", ())


def h5(training: Any) -> Document:
    return document(sequential(layer("Dense", units=2)), format=Format.H5_MODEL, training=training)


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in WHOLE.items() if name != key}


def test_a_whole_state_is_healthy() -> None:
    assert examine("K507", h5(WHOLE)) == []


def test_a_missing_null_is_written() -> None:
    (finding,) = examine("K507", h5(without("loss_weights")))
    assert finding.keras_says == "KeyError: 'loss_weights'"
    assert cured(h5(without("loss_weights")), finding).training == WHOLE


def test_keras_2_3_reads_more_than_keras_3() -> None:
    assert [finding.keras_says for finding in examine("K507", h5(WHOLE), Target("2.3.1"))] == ["KeyError: 'sample_weight_mode'"]


@pytest.mark.parametrize("optimizer", [ABSENT, None, {"config": {}}, {"class_name": "Custom>Adam"}])
def test_without_its_optimizer_the_state_goes(optimizer: Any) -> None:
    sick = h5(without("optimizer_config") if optimizer is ABSENT else {**WHOLE, "optimizer_config": optimizer})
    (finding,) = examine("K507", sick)
    assert [need.flag for need in finding.needs] == ["--compile"]
    assert cured(sick, finding).training is ABSENT


def test_a_state_that_the_user_gives_takes_its_place() -> None:
    sick, asked = h5({}), replace(KERAS_3, given=Given(training=GIVEN), purpose="training")
    (finding,) = examine("K507", sick, asked)
    training = cured(sick, finding).training
    assert isinstance(training, Mapping)
    assert training["optimizer_config"]["class_name"] == "Adam"
    assert examine("K507", cured(sick, finding)) == []


def test_who_wants_to_train_is_asked_before_the_state_goes() -> None:
    (finding,) = examine("K507", h5({}), replace(KERAS_3, purpose="training"))
    assert finding.repair is None


def test_a_state_without_a_loss_is_a_warning_until_it_is_to_train() -> None:
    (finding,) = examine("K507", h5({**WHOLE, "loss": None}))
    assert finding.mild
    (finding,) = examine("K507", h5({**WHOLE, "loss": None}), replace(KERAS_3, purpose="training"))
    assert not finding.mild


def test_what_is_no_object_is_named() -> None:
    (finding,) = examine("K507", document(sequential(layer("Dense", units=2)), training=[WHOLE]))
    assert finding.message == "the training state is no object"


def test_tensorflow_2_3_asks_no_more_how_samples_are_weighed() -> None:
    """Run in TensorFlow 1.15, 2.3 and 2.4, which load files of 2.4, 2.9 and 2.15, or do not; read in 2.1 and 2.2."""
    asked = {number: bool(examine("K507", h5(WHOLE), Target(number, family="tf.keras"))) for number in ("2.1.0", "2.2.0", "2.3.0", "2.4.0")}
    assert asked == {"2.1.0": True, "2.2.0": True, "2.3.0": False, "2.4.0": False}


@pytest.mark.parametrize("optimizer", [{}, {"module": "keras.optimizers", "claqs_name": "Adam", "config": {}}, 3, []])
def test_an_archive_whose_optimizer_is_none_is_cured_without_a_state(optimizer: Any) -> None:
    """Run in 3.15.1: "KeyError: 'class_name'" and "Could not interpret optimizer identifier"; a bit in the key is enough."""
    sick = document(sequential(layer("Dense", units=2)), training={"optimizer": optimizer, "loss": "mse"})
    (finding,) = examine("K507", sick)
    assert finding.keras_says in ("KeyError: 'class_name'", f"ValueError: Could not interpret optimizer identifier: {optimizer}")
    assert cured(sick, finding).training is ABSENT
    for known in ("adam", {"module": "keras.optimizers", "class_name": "Adam", "config": {}}, None):
        assert examine("K507", document(sequential(layer("Dense", units=2)), training={"optimizer": known, "loss": "mse"})) == []
