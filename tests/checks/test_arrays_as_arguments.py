"""K614: arrays of NumPy among the arguments of a layer, and values of another kind in an initializer, as real Keras 3 refuses them."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from kdoctor.edit import apply
from kdoctor.testing import examine, layer, model


def array(value: Any) -> dict[str, Any]:
    return {"class_name": "__numpy__", "config": {"value": value, "dtype": "float64"}}


INPUT = layer("InputLayer", name="input", batch_shape=[None, 8, 8, 3])
CASES: list[tuple[str, dict[str, Any], str, Any]] = [
    ("Dense", {}, "units", 5),
    ("Conv2D", {"filters": 4, "kernel_size": 3}, "strides", [1, 1]),
    ("Conv2D", {"filters": 4}, "kernel_size", [3, 3]),
    ("MaxPooling2D", {}, "pool_size", [2, 2]),
    ("Dropout", {}, "rate", 0.5),
    ("ZeroPadding2D", {}, "padding", [[1, 1], [2, 2]]),
    ("BatchNormalization", {}, "axis", -1),
    ("Dense", {"units": 5}, "trainable", False),
]


@pytest.mark.parametrize(("class_name", "others", "argument", "value"), CASES)
def test_an_array_is_written_as_what_it_holds(class_name: str, others: dict[str, Any], argument: str, value: Any) -> None:
    kind = getattr(keras.layers, class_name)
    with pytest.raises((TypeError, ValueError)):
        kind.from_config({**others, argument: array(value)})
    kind.from_config({**others, argument: value})
    sick = model(INPUT, layer(class_name, name="one", **others, **{argument: array(value)}))
    (finding,) = examine("K614", sick)
    assert finding.repair is not None
    healed = apply(sick, finding.repair.edits)
    assert healed.config["config"]["layers"][1]["config"][argument] == value
    assert examine("K614", healed) == []


def test_an_array_that_is_refused_as_a_list_too_is_not_written() -> None:
    with pytest.raises((TypeError, ValueError)):
        keras.layers.Dense.from_config({"units": [5]})
    (finding,) = examine("K614", model(INPUT, layer("Dense", name="one", units=array([5]))))
    assert finding.repair is None


@pytest.mark.parametrize("config", [{"scale": [1.0]}, {"scale": None}, {"mode": ["fan_in"]}, {"mode": None}, {"distribution": ["normal"]}])
def test_values_that_a_variance_scaling_refuses_are_named(config: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError)):
        keras.initializers.VarianceScaling(**config)
    initializer = {"module": "keras.initializers", "class_name": "VarianceScaling", "config": config, "registered_name": None}
    (finding,) = examine("K614", model(INPUT, layer("Dense", name="one", units=5, kernel_initializer=initializer)))
    assert finding.repair is None
