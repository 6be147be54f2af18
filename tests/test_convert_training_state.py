"""The training state in the words of Keras 2: optimizer, schedule, losses and metrics, or a word about what is left out."""

from __future__ import annotations

from typing import Any

import pytest
from keras_3_words import KERAS_2
from weight_documents import NATIVE, archive

from kdoctor.container import Container
from kdoctor.convert.conversion import convert
from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document


def compiled(optimizer: dict[str, Any], loss: Any = "mean_squared_error") -> Document:
    whole = {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.1, **optimizer}, "registered_name": None}
    return archive(NATIVE, training={"optimizer": whole, "loss": loss, "metrics": ["accuracy"], "loss_weights": None})


def test_the_training_state_is_that_of_a_new_optimizer() -> None:
    made = convert(compiled({"gradient_accumulation_steps": None}), KERAS_2, Container.H5)
    assert made.document.training["optimizer_config"] == {
        "class_name": "Adam",
        "config": {"learning_rate": 0.1, "is_legacy_optimizer": False},
    }
    assert (made.document.training["loss"], made.notes) == ("mean_squared_error", ())


def test_a_schedule_is_said_in_the_place_of_the_rate() -> None:
    schedule = {"module": "keras.optimizers.schedules", "class_name": "CosineDecay", "registered_name": None}
    rate = {**schedule, "config": {"initial_learning_rate": 0.1, "decay_steps": 5, "name": "CosineDecay"}}
    made = convert(compiled({"learning_rate": rate}), KERAS_2, Container.H5)
    assert made.document.training["optimizer_config"]["config"]["learning_rate"] == {key: rate[key] for key in ("class_name", "config")}
    assert made.notes == ()


def test_a_warm_up_of_no_steps_is_left_out_for_a_release_without_any() -> None:
    """2.9: __init__() got an unexpected keyword argument 'warmup_target'."""
    settings = {"initial_learning_rate": 0.1, "decay_steps": 5, "alpha": 0.0, "name": "CosineDecay"}
    schedule = {"module": "keras.optimizers.schedules", "class_name": "CosineDecay", "registered_name": None}
    for warm, kept in (({"warmup_target": None, "warmup_steps": 0}, True), ({"warmup_target": 1.0, "warmup_steps": 3}, False)):
        sick = compiled({"learning_rate": {**schedule, "config": {**settings, **warm}}})
        made = convert(sick, Target("2.9.0"), Container.H5)
        assert ("training" in made.document.parts) is kept
        assert any("'warmup_" in note for note in made.notes) is not kept


def test_a_metric_that_counts_whole_numbers_is_left_its_own_kind() -> None:
    metric = {"module": "keras.metrics", "class_name": "MeanIoU", "registered_name": None, "config": {"num_classes": 2, "dtype": "int64"}}
    sick = compiled({})
    sick = sick.replacing({**sick.parts, "training": {**sick.training, "metrics": [metric]}})
    (said_metric,) = convert(sick, KERAS_2, Container.H5).document.training["metrics"]
    assert said_metric == {"class_name": "MeanIoU", "config": {"num_classes": 2}}


def test_the_steps_that_a_schedule_goes_by_are_kept_or_said_to_be_lost() -> None:
    schedule = {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "registered_name": None}
    rate = {**schedule, "config": {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.5}}
    sick = compiled({"learning_rate": rate})
    optimizer = {**sick.training["optimizer"], "class_name": "SGD", "config": {"learning_rate": rate, "momentum": 0.0}}
    parts = {**sick.parts, "training": {**sick.training, "optimizer": optimizer}}
    counted = document(sick.config, weights={**NATIVE, "optimizer/vars/0": ()}, attributes={"/": {}}, training=parts["training"])
    assert any("optimizer's state is left out" in note for note in convert(counted, KERAS_2, Container.H5).notes)
    assert convert(counted, Target("2.9.0"), Container.H5).document.weights["optimizer_weights/SGD/iter:0"].source == "optimizer/vars/0"


MEAN = {"module": "keras.losses", "class_name": "MeanSquaredError", "config": {"reduction": "mean"}, "registered_name": None}


@pytest.mark.parametrize("sick", [compiled({"gradient_accumulation_steps": 4}), compiled({}, loss="mine"), compiled({}, loss=MEAN)])
def test_a_training_state_that_keras_2_cannot_say_is_left_out_with_a_word(sick: Document) -> None:
    made = convert(sick, KERAS_2, Container.H5)
    assert "training" not in made.document.parts
    (note,) = made.notes
    assert "compile the model again" in note
