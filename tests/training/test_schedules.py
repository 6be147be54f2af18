"""A learning-rate schedule in ``--compile``; what is written here was loaded and fitted in 2.4, 2.6, 2.9, 2.11, 2.15, 3.0.5 and 3.15.1."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Json
from kdoctor.errors import UsageError
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.training.words import parse_training

DECAY = {"initial_learning_rate": 0.01, "decay_steps": 1000, "decay_rate": 0.9}


def rate(said: str, release: str = "3.15.1") -> Any:
    return parse_training(f"optimizer=adam({said}),loss=mse", Catalogue.load(release)).arguments["learning_rate"]


@pytest.mark.parametrize("release", ["2.9.0", "2.15.0", "3.0.5", "3.15.1"])
@pytest.mark.parametrize(
    "said",
    [
        "exponential_decay(0.01, 1000, 0.9)",
        "learning_rate=exponential_decay(0.01,1000,decay_rate=0.9)",
        "ExponentialDecay(decay_rate=0.9,decay_steps=1000,initial_learning_rate=0.01)",
    ],
)
def test_a_schedule_is_written_as_keras_saves_it(said: str, release: str) -> None:
    assert rate(said, release) == {
        "module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "config": DECAY, "registered_name": None
    }  # fmt: skip


@pytest.mark.parametrize(
    ("said", "class_name", "config"),
    [
        ("cosine_decay(1,100,alpha=0)", "CosineDecay", {"initial_learning_rate": 1.0, "decay_steps": 100, "alpha": 0.0}),
        (
            "piecewise_constant_decay([10, 20], [1, 0.5, 0.1])",
            "PiecewiseConstantDecay",
            {"boundaries": [10, 20], "values": [1.0, 0.5, 0.1]},
        ),
        ("polynomial_decay(0.1,10,cycle=True)", "PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "cycle": True}),
        ("cosine_decay_restarts(0.1,10)", "CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10}),
    ],
)
def test_every_schedule_of_the_release_goes_by_its_arguments(said: str, class_name: str, config: Json) -> None:
    found = rate(said)
    assert (found["class_name"], found["config"]) == (class_name, config)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("slow_decay(0.1)", "no schedule 'slow_decay'; Keras 3.15.1 has cosine_decay, cosine_decay_restarts, exponential_decay"),
        ("exponential_decay(0.1, 1000)", "exponential_decay needs decay_rate"),
        (
            "exponential_decay(0.1, 1000, 0.9, speed=1)",
            "takes no 'speed'; it takes initial_learning_rate, decay_steps, decay_rate, staircase",
        ),
        ("exponential_decay(0.1, 1000, 0.9, decay_rate=1)", "given 'decay_rate' twice"),
        ("exponential_decay(0.1, 1000, 0.9, True, 5)", "takes 4 arguments"),
        ("exponential_decay('fast', 1000, 0.9)", "initial_learning_rate of exponential_decay is a number, not 'fast'"),
        ("exponential_decay(0.1, 1000, 0.9, staircase=1)", "staircase of exponential_decay is True or False"),
        ("exponential_decay(0.1, steps, 0.9)", "decay_steps of exponential_decay is no plain value"),
        ("piecewise_constant_decay(10, [1, 2])", "boundaries of piecewise_constant_decay is a list of numbers"),
        ("piecewise_constant_decay([10], [1])", "one value more than boundaries, not 1 for 1"),
        ("beta_1=exponential_decay(0.1,1000,0.9)", "not plain values"),
    ],
)
def test_what_is_no_schedule_is_refused_with_what_is_possible(said: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        rate(said)


def test_a_release_without_schedules_says_so() -> None:
    with pytest.raises(UsageError, match="has none"):
        rate("exponential_decay(0.01,1000,0.9)", "2.2.5")
