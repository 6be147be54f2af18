"""What is said of an optimizer's settings is what its constructor, and building it, do in the installed Keras."""

from __future__ import annotations

import copy
from typing import Any

import keras
import pytest

from kdoctor.keras_api.optimizer_settings import DEMANDS
from kdoctor.testing import document, examine, layer, sequential

OPTIMIZERS = ("SGD", "Adam", "AdamW", "Adamax", "Adagrad", "Adadelta", "RMSprop", "Nadam", "Ftrl", "Adafactor", "Lion")
VALUES: tuple[Any, ...] = (0, 1, 2, -1, None, True, False, 0.5, -0.5, 1.5, 2.0, "0.5", "x", "a/b", [0.5], {})
SETTINGS = {"learning_rate", *(one.setting for one in DEMANDS)}


def refuses(optimizer: type[keras.optimizers.Optimizer], config: dict[str, Any]) -> bool:
    try:
        made = optimizer.from_config(copy.deepcopy(config))
        made.build([keras.Variable([[1.0, 2.0]], name="kernel")])
    except Exception:  # TensorFlow's own errors among them
        return True
    return False


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_setting_is_refused_where_keras_refuses_it(name: str) -> None:
    optimizer = getattr(keras.optimizers, name)
    healthy = optimizer().get_config()
    wrong = []
    for setting in sorted(SETTINGS & healthy.keys()):
        for value in VALUES:
            config = {**healthy, setting: value}
            stated = {"module": "keras.optimizers", "class_name": name, "config": config, "registered_name": None}
            training = {"optimizer": stated, "loss": "mean_squared_error"}
            sick = document(sequential(layer("Dense", units=3)), training=training)
            told = [finding for finding in examine("K504", sick) if finding.at.keys[-1] == setting]
            if len(told) != refuses(optimizer, config):
                wrong.append((setting, value))
    assert wrong == []


@pytest.mark.parametrize("value", [None, [], {}, "dense", ["dense"], 5, True, 0.5, [1], [None], [["x"]]])
def test_muon_seeks_layers_by_texts(value: Any) -> None:
    config = {**keras.optimizers.Muon().get_config(), "exclude_layers": value}
    stated = {"module": "keras.optimizers", "class_name": "Muon", "config": config, "registered_name": None}
    sick = document(sequential(layer("Dense", units=3)), training={"optimizer": stated, "loss": "mean_squared_error"})
    assert bool(examine("K504", sick)) == refuses(keras.optimizers.Muon, config)


@pytest.mark.parametrize(("value", "refused"), [(1, False), (-1.0, False), (None, True), ("x", True), ({}, True), ([1], True), ([], True)])
def test_an_initial_scale_is_a_number(value: Any, refused: bool) -> None:
    """Measured in archives that Keras 3.15.1 loaded or refused."""
    inner = {"module": "keras.optimizers", "class_name": "Adam", "config": keras.optimizers.Adam().get_config(), "registered_name": None}
    config = {"name": "scaled", "inner_optimizer": inner, "initial_scale": value}
    stated = {"module": "keras.optimizers", "class_name": "LossScaleOptimizer", "config": config, "registered_name": None}
    sick = document(sequential(layer("Dense", units=3)), training={"optimizer": stated, "loss": "mean_squared_error"})
    assert bool(examine("K504", sick)) == refused
