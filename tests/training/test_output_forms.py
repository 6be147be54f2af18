"""What a training state says of several outputs, as Keras 3 takes it."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential
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


NESTED = {"loss": "mse", "metrics": [["mae", None]], "weighted_metrics": [[None]], "optimizer": None}


@pytest.mark.parametrize("release", ["3.0.5", "3.13.0"])
def test_the_metrics_of_one_output_are_one_list(release: str) -> None:
    """Saved by 2.11 and evaluated in 3.0.5, 3.9.2 and 3.13.0: sick and cured; 3.14.0 takes both."""
    target = Target(release, purpose="training")
    sick = document(sequential(layer("Dense", units=1)), training=NESTED)
    first, second = examine("K610", sick, target)
    assert not first.mild
    assert first.repair is not None
    assert second.repair is not None
    healthy = apply(sick, first.repair.edits + second.repair.edits)
    assert healthy.training == {**NESTED, "metrics": ["mae"], "weighted_metrics": []}
    assert examine("K610", healthy, target) == []


def test_lists_of_metrics_are_flattened_where_keras_does_not() -> None:
    sick = document(sequential(layer("Dense", units=1)), training=NESTED)
    assert examine("K610", sick, TRAINING) == []
    assert examine("K610", sick, Target("2.15.0", purpose="training")) == []
    assert len(examine("K610", two({**NESTED, "metrics": [["mae"], ["mse"]], "weighted_metrics": None}), Target("3.0.5"))) == 0


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (
            "mean_absolute_error",
            {"module": "builtins", "class_name": "function", "config": "mean_absolute_error", "registered_name": "function"},
        ),
        ("cosine_similarity", None),
    ],
)
def test_the_function_of_a_metric_is_no_text(held: str, said: Any) -> None:
    """Saved by 2.11, cured and evaluated in 3.0.5 and 3.15.1."""
    wrapper = {"class_name": "MeanMetricWrapper", "config": {"name": "m", "dtype": "float32", "fn": held}}
    training = {"loss": "mean_squared_error", "metrics": [[wrapper]], "optimizer_config": None}
    sick = document(sequential(layer("Dense", units=1)), format=Format.H5_MODEL, training=training)
    (finding,) = examine("K610", sick, TRAINING)
    assert not finding.mild
    assert finding.repair is not None
    healthy = apply(sick, finding.repair.edits)
    assert examine("K610", healthy, TRAINING) == []
    ((metric,),) = healthy.training["metrics"]  # type: ignore[index, call-overload]
    assert metric["config"].get("fn") == said
    assert metric["config"]["name"] == "m"
    assert examine("K610", sick) == []
    assert examine("K610", sick, Target("2.15.0", purpose="training")) == []
