"""K502: metrics that no list holds, and a list that was meant for each of several outputs."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

ONE, TWO = [["a", 0, 0]], [["a", 0, 0], ["b", 0, 0]]
MAE = {"module": "keras.metrics", "class_name": "MeanAbsoluteError", "config": {"name": "mae", "dtype": "float32"}, "registered_name": None}


def compiled(outputs: Any, release: str = "2.15.0", **training: Any) -> Document:
    model = {"class_name": "Functional", "config": {"layers": [], "input_layers": [], "output_layers": outputs}}
    return document(model, metadata={"keras_version": release}, training=training)


@pytest.mark.parametrize("key", ["metrics", "weighted_metrics"])
@pytest.mark.parametrize("metric", ["mae", "accuracy", MAE])
def test_a_metric_alone_is_put_in_a_list(key: str, metric: Any) -> None:
    sick = compiled(ONE, **{key: metric})
    (finding,) = examine("K502", sick)
    assert not finding.mild
    healed = cured(sick, finding)
    assert healed.training == {key: [metric]}
    assert examine("K502", healed) == []


@pytest.mark.parametrize(
    ("outputs", "right"),
    [
        (TWO, [["mae"], ["mae"]]),
        ({"z": TWO[0], "y": TWO[1]}, [["mae"], ["mae"]]),
        (TWO[0], ["mae"]),
        ([TWO, ["c", 0, 0]], [[["mae"], ["mae"]], ["mae"]]),
        ({"z": TWO, "y": ["c", 0, 0]}, {"z": [["mae"], ["mae"]], "y": ["mae"]}),
    ],
)
def test_of_several_outputs_each_gets_the_metric(outputs: Any, right: Any) -> None:
    for metrics in ("mae", ["mae"]):
        sick = compiled(outputs, metrics=metrics)
        found = examine("K502", sick)
        healed = cured(sick, *found) if found else sick
        assert healed.training == {"metrics": right}
        assert examine("K502", healed) == []


@pytest.mark.parametrize("metrics", [["mae", "accuracy"], ["mae", None, MAE, "mse"]])
def test_a_list_that_keras_2_gave_to_each_output_is_written_for_each(metrics: list[Any]) -> None:
    sick = compiled(TWO, metrics=metrics)
    (finding,) = examine("K502", sick)
    assert finding.mild
    assert not examine("K502", sick, Target("3.15.1", purpose="training"))[0].mild
    kept = [metric for metric in metrics if metric is not None]
    assert cured(sick, finding).training == {"metrics": [kept, kept]}


@pytest.mark.parametrize("metrics", [[["mae"], ["accuracy"]], [["mae"], "accuracy"], {"a": "mae"}, [], None])
def test_metrics_by_output_are_left_alone(metrics: Any) -> None:
    assert examine("K502", compiled(TWO, metrics=metrics)) == []


def test_a_list_of_keras_3_and_one_for_a_single_output_are_left_alone() -> None:
    assert examine("K502", compiled(TWO, "3.9.0", metrics=["mae", "accuracy"])) == []
    assert examine("K502", compiled(ONE, metrics=["mae", "accuracy"])) == []
    assert examine("K502", compiled(ONE, metrics=[None])) == []


def test_a_sequential_has_the_outputs_of_the_model_at_its_end() -> None:
    inner = {"class_name": "Functional", "config": {"name": "inner", "layers": [], "input_layers": [], "output_layers": TWO}}
    for last, right in ((layer("Dense"), ["mae"]), (inner, [["mae"], ["mae"]])):
        sick = document(sequential(last), metadata={"keras_version": "2.15.0"}, training={"metrics": "mae"})
        (finding,) = examine("K502", sick)
        assert cured(sick, finding).training == {"metrics": right}
