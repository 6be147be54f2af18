"""What constructors refuse of the objects that layers hold, and of two arguments together."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.keras_api.refused_configs import refused_initializer, unequal_statistics
from kdoctor.target import Target
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
    ("mean", "variance", "earlier", "today"),
    [
        ([1, 2], [1, 2, 3], ["variance"], ["variance"]),
        ([1.0, 2.0], [1.0, 2.0], [], []),
        ([1], [1, 2], [], ["mean"]),
        (1.0, [1, 2], [], ["mean"]),
        (None, None, [], []),
    ],
)
def test_means_are_as_many_as_variances(mean: Any, variance: Any, earlier: list[str], today: list[str]) -> None:
    """One for several was run in 3.13.0, which spreads it, and in 3.15.1, which refuses it."""
    assert (unequal_statistics("Normalization", {"mean": mean, "variance": variance}) is not None) == bool(earlier)
    sick = model(layer("Normalization", mean=mean, variance=variance))
    assert [finding.at.keys[-1] for finding in examine("K614", sick, Target("3.13.0"))] == earlier
    assert [finding.at.keys[-1] for finding in examine("K614", sick)] == today
