"""An optimizer that gathers gradients counts batches in Keras 3.0 to 3.4, and updates since 3.5 (K504)."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.check import Finding, Safety
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def told(name: str, saved: str = "3.3.3", release: str = "3.15.1", purpose: str | None = "training", **config: Any) -> list[Finding]:
    settings = {"gradient_accumulation_steps": 4, "learning_rate": 0.1, **config}
    training = {"optimizer": {"module": "keras.optimizers", "class_name": name, "config": settings, "registered_name": None}}
    return examine(
        "K504", document(sequential(layer("Dense")), training=training, metadata={"keras_version": saved}), Target(release, purpose=purpose)
    )


@pytest.mark.parametrize(
    ("name", "config", "says"),
    [
        ("Adam", {}, "steps are of another size"),
        ("Nadam", {}, "steps are of another size"),
        ("SGD", {"weight_decay": 0.5}, "weights decay once an update, not with every batch"),
        ("SGD", {"clipnorm": 1.0}, "the mean gradient is clipped, not that of each batch"),
        ("SGD", {"use_ema": True, "ema_overwrite_frequency": 5}, "at other steps"),
    ],
)
def test_what_goes_on_otherwise_is_said(name: str, config: dict[str, Any], says: str) -> None:
    """Each was trained in 3.0.5, 3.3.3 or 3.4.1, and on in 3.15.1: weights were 7e-4 to 9e-2 apart after four batches."""
    (finding,) = told(name, **config)
    assert finding.mild
    assert says in finding.message
    assert told(name, purpose=None, **config) == []
    assert told(name, saved="3.5.0", **config) == []
    assert told(name, gradient_accumulation_steps=None, **config) == []


def test_what_counts_nothing_goes_on_as_before() -> None:
    """SGD, with a schedule or without, RMSprop, Lion, Adagrad, Adadelta and Ftrl made the same steps in 3.15.1."""
    schedule = {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay", "config": {}, "registered_name": None}
    for name in ("SGD", "RMSprop", "Lion", "Adagrad", "Adadelta", "Ftrl"):
        assert told(name) == []
    assert told("SGD", learning_rate=schedule) == []


def test_a_larger_decay_makes_up_for_that_of_every_batch() -> None:
    (finding,) = told("SGD", weight_decay=0.5)
    assert finding.repair is not None
    assert finding.repair.safety is Safety.ADVICE
    assert "weight_decay = 2 " in finding.repair.title


def test_the_way_back_is_told_too() -> None:
    (finding,) = told("AdamW", saved="3.15.1", release="3.3.3", weight_decay=0.004)
    assert "weights decay with every batch, not once an update" in finding.message
    assert finding.repair is not None
    assert "weight_decay = 0.001 " in finding.repair.title
