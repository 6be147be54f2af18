"""What a training state says of several outputs, as Keras 3 takes it."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer
from kdoctor.training.output_forms import said_for_each

TRAINING = Target("3.15.1", purpose="training")


@pytest.mark.parametrize(
    ("sick", "healthy"),
    [
        ({"loss": {"a": "mse", "b": "mae"}, "loss_weights": {"a": 0.3}}, {"loss_weights": {"a": 0.3, "b": 1.0}}),
        ({"loss": ["mse", "mae"], "loss_weights": {"b": 0.3}}, {"loss_weights": [1.0, 0.3]}),
        ({"loss": "mse", "loss_weights": [1.0, 0.5]}, {"loss": ["mse", "mse"]}),
        ({"loss": "mse", "loss_weights": {"a": 0.5}}, {"loss": ["mse", "mse"], "loss_weights": [0.5, 1.0]}),
        ({"loss": {"b": "mse"}}, {"loss": {"b": "mse", "a": None}}),
        ({"loss": "mse", "metrics": [[None], ["mae"]]}, {"metrics": [[], ["mae"]]}),
        ({"loss": "mse", "weighted_metrics": [["mae", None], [None]]}, {"weighted_metrics": [["mae"], []]}),
    ],
)
def test_what_keras_2_took_is_said_of_every_output(sick: dict[str, Any], healthy: dict[str, Any]) -> None:
    """All saved by 2.15, and fitted in 3.15.1: sick and cured."""
    assert {one.key: one.new for one in said_for_each(sick, ("a", "b"))} == healthy
    assert said_for_each({**sick, **healthy}, ("a", "b")) == ()
    assert said_for_each(sick, ("a",)) == ()


@pytest.mark.parametrize(
    "healthy",
    [
        {"loss": "mse", "loss_weights": None, "metrics": ["mae"]},
        {"loss": {"class_name": "MeanSquaredError", "config": {}}, "metrics": None},
        {"loss": ["mse", None], "loss_weights": [1.0, 2.0], "metrics": [["mae"], []]},
        {"loss": {"other": "mse"}, "loss_weights": {"other": 1.0}},
        {},
    ],
)
def test_other_forms_are_left_alone(healthy: dict[str, Any]) -> None:
    assert said_for_each(healthy, ("a", "b")) == ()


def two(training: dict[str, Any]) -> Document:
    made = functional(start("in"), after(layer("Dense", name="a", units=1), "in"), after(layer("Dense", name="b", units=1), "in"))
    config = {**made["config"], "output_layers": [["a", 0, 0], ["b", 0, 0]]}
    return document({**made, "config": config}, training=training)


def test_it_is_a_warning_unless_the_model_shall_be_trained() -> None:
    sick = two({"loss": "mse", "loss_weights": [1.0, 0.5], "optimizer": None})
    (finding,) = examine("K610", sick)
    assert finding.mild
    assert finding.repair is not None
    assert examine("K610", apply(sick, finding.repair.edits)) == []
    assert [found.mild for found in examine("K610", sick, TRAINING)] == [False]
    assert examine("K610", sick, Target("2.15.0")) == []
