"""What constructors refuse of the objects that layers hold, and of two arguments together."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.keras_api.refused_configs import refused_initializer, unequal_statistics
from kdoctor.testing import examine, layer, model

SCALING = {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None}


@pytest.mark.parametrize("changed", [{"scale": 0}, {"scale": -2.0}, {"mode": "fan"}, {"distribution": "uniformx"}])
def test_a_variance_scaling_that_its_constructor_refuses_is_named(changed: dict[str, Any]) -> None:
    initializer = {
        "module": "keras.initializers",
        "class_name": "VarianceScaling",
        "config": {**SCALING, **changed},
        "registered_name": None,
    }
    (finding,) = examine("K614", model(layer("Dense", units=2, kernel_initializer=initializer)))
    assert finding.at.keys[-1] == "kernel_initializer"
    assert next(iter(changed)) in str(finding.keras_says)


def test_one_that_it_takes_is_healthy() -> None:
    assert refused_initializer("VarianceScaling", {**SCALING, "distribution": "NORMAL"}) is None
    assert refused_initializer("VarianceScaling", {}) is None
    assert refused_initializer("MyScaling", {"scale": -1}) is None


@pytest.mark.parametrize(
    ("mean", "variance", "refused"),
    [([1, 2], [1, 2, 3], True), ([1.0, 2.0], [1.0, 2.0], False), ([1], [1, 2], False), (1.0, [1, 2], False), (None, None, False)],
)
def test_means_are_as_many_as_variances(mean: Any, variance: Any, refused: bool) -> None:
    assert (unequal_statistics("Normalization", {"mean": mean, "variance": variance}) is not None) == refused
    findings = examine("K614", model(layer("Normalization", mean=mean, variance=variance)))
    assert [finding.at.keys[-1] for finding in findings] == ["variance"] * refused
