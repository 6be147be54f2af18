"""Stubs for what the training state names."""

from __future__ import annotations

from kdoctor.rebuild.stubs import training_stubs
from kdoctor.testing import KERAS_3, document, layer, sequential


def stubs(optimizer: str) -> list[str]:
    training = {"optimizer_config": {"class_name": optimizer, "config": {"name": "o"}}, "loss": "mse"}
    return [*training_stubs(document(sequential(layer("Dense")), training=training), KERAS_3)]


def test_an_optimizer_of_the_users_own_gets_one() -> None:
    assert stubs("Mine") == ["Mine"]


def test_one_that_keras_has_retired_gets_none() -> None:
    assert stubs("LossScaleOptimizerV3") == []
