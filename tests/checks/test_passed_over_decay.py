"""The decay of an optimizer of Keras 1 and 2, which Keras 3 passes over (K504)."""

from __future__ import annotations

from typing import Any

import keras
import pytest
from graphs import cured

from kdoctor.check import Safety
from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def h5(class_name: str = "Adam", **config: Any) -> Document:
    optimizer = {"class_name": class_name, "config": config}
    return document(sequential(layer("Dense")), format=Format.H5_MODEL, training={"optimizer_config": optimizer})


@pytest.mark.parametrize("rate", ["learning_rate", "lr"])
def test_a_decay_that_keras_3_passes_over_becomes_a_schedule_where_the_model_shall_be_trained(rate: str) -> None:
    sick, training = h5("SGD", name="SGD", decay=0.5, momentum=0.9, **{rate: 0.1}), Target("3.15.1", purpose="training")
    assert all("passes over" not in finding.message for finding in examine("K504", sick))
    found = [finding for finding in examine("K504", sick, training) if "passes over" in finding.message]
    healed = cured(sick, found[0])
    assert examine("K504", healed, training) == []
    made = keras.optimizers.deserialize(healed.training["optimizer_config"])
    for step, wanted in enumerate((0.1, 0.1 / 1.5, 0.1 / 2)):
        made.iterations.assign(step)
        assert abs(float(made.learning_rate) - wanted) < 1e-7


@pytest.mark.parametrize("decay", [0.004, 0.0])
def test_the_decay_of_nadam_is_that_of_its_momentum_and_becomes_no_schedule(decay: float) -> None:
    """legacy/nadam.py of 2.15: ``kwargs["decay"] = kwargs.pop("schedule_decay", 0.004)``, and the rate is never multiplied by it."""
    sick = h5("Nadam", name="Nadam", learning_rate=0.1, decay=decay)
    (finding,) = examine("K504", sick, Target("3.15.1", purpose="training"))
    assert "momentum" in finding.message
    assert finding.repair is not None
    assert finding.repair.safety is Safety.UNSAFE
    assert cured(sick, finding).training["optimizer_config"]["config"] == {"name": "Nadam", "learning_rate": 0.1}
    assert examine("K504", sick) == []


def test_a_decay_beside_a_schedule_is_told_without_a_cure() -> None:
    settings = {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "staircase": False}
    schedule = {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "config": settings, "registered_name": None}
    (finding,) = examine("K504", h5("SGD", name="SGD", learning_rate=schedule, decay=0.5), Target("3.15.1", purpose="training"))
    assert finding.repair is None
    assert examine("K504", h5("SGD", name="SGD", learning_rate=0.1, decay=0.5), Target("2.15.0", purpose="training")) == []
