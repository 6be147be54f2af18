"""K614: values that real Keras 3 takes when a layer is made, and fails with when it is built or called."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from graphs import cured

from kdoctor.testing import document, examine, layer, model, sequential

INPUT = layer("InputLayer", name="input", batch_shape=[None, 4, 6])
STEPS = np.ones((1, 4, 6), "float32")


def array(value: Any, kind: str = "__numpy__") -> dict[str, Any]:
    return {"class_name": kind, "config": {"value": value, "dtype": "float32"}}


CASES: list[tuple[str, dict[str, Any], bool]] = [
    *(("ELU", {"alpha": value}, False) for value in (None, "1.0", [], {}, array(1.0), ["1"], [None])),
    *(("ELU", {"alpha": value}, True) for value in (True, 2, [1.0])),
    *(("Rescaling", {"scale": value}, False) for value in (None, "1.0", [], {})),
    *(("Rescaling", {"scale": value, "offset": 0.0}, True) for value in (array(2.0), array(2.0, "__tensor__"), [1.0])),
    ("Rescaling", {"scale": 1.0, "offset": "1"}, False),
    *(("Masking", {"mask_value": value}, False) for value in (None, "x", [])),
    ("LayerNormalization", {"epsilon": "x"}, False),
    ("LayerNormalization", {"epsilon": array(1e-3)}, False),
    ("LayerNormalization", {"epsilon": 0}, True),
    *(("UnitNormalization", {"axis": value}, False) for value in (None, "-1", 1.0, [1.0], {})),
    *(("UnitNormalization", {"axis": value}, True) for value in (-1, [1, 2])),
    *(("Softmax", {"axis": value}, False) for value in ("-1", [], {}, array(1))),
    *(("Softmax", {"axis": value}, True) for value in (None, -1.0, [1, 2])),
    *(("Reshape", {"target_shape": value}, False) for value in (array([2, 12]), [2.0, 12.0], ["2", "12"], [None, None], "ab")),
    *(("Reshape", {"target_shape": value}, True) for value in ([24.0], [None, 12], [2, -1])),
]


@pytest.mark.parametrize(("class_name", "config", "taken"), CASES)
def test_keras_is_of_the_same_opinion(class_name: str, config: dict[str, Any], taken: bool) -> None:
    try:
        made = getattr(keras.layers, class_name).from_config(config)
        made(STEPS)
    except Exception:  # of TensorFlow, of many kinds
        assert not taken
    else:
        assert taken
    assert (examine("K614", model(INPUT, layer(class_name, name="one", **config))) == []) is taken


@pytest.mark.parametrize("kind", ["__numpy__", "__tensor__"])
@pytest.mark.parametrize(
    ("class_name", "argument", "value"), [("ELU", "alpha", 1.0), ("Reshape", "target_shape", [2, 12]), ("Dropout", "rate", 0.5)]
)
def test_an_array_is_written_as_the_numbers_that_it_holds(class_name: str, argument: str, value: Any, kind: str) -> None:
    sick = model(INPUT, layer(class_name, name="one", **{argument: array(value, kind)}))
    (finding,) = examine("K614", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][1]["config"][argument] == value
    assert examine("K614", healed) == []


OBJECTS: list[tuple[str, str, bool]] = [
    ("kernel_initializer", "HeNormal", True), ("kernel_initializer", "he_normal", True), ("kernel_initializer", "L2", False),
    ("kernel_regularizer", "L2", True), ("kernel_regularizer", "Foo", False), ("kernel_constraint", "NonNeg", True), ("kernel_constraint", "relu", False),
    ("activation", "ReLU", False), ("activation", "relu", False), ("dtype", "DTypePolicy", True), ("dtype", "float32", False), ("dtype", "Foo", False),
]  # fmt: skip


@pytest.mark.parametrize(("argument", "name", "taken"), OBJECTS)
def test_a_class_without_a_config_is_a_name_that_keras_may_know(argument: str, name: str, taken: bool) -> None:
    try:
        keras.layers.Dense.from_config({"units": 3, argument: {"class_name": name}}).build((None, 6))
    except Exception:  # AttributeError and ValueError among them
        assert not taken
    else:
        assert taken
    assert (examine("K614", model(INPUT, layer("Dense", name="one", units=3, **{argument: {"class_name": name}}))) == []) is taken


@pytest.mark.parametrize(
    ("value", "taken"),
    [([1, 2], False), ([1, 2, 3], True), ([[1]] * 6, True), ([1], True), ([], False), ([[1, 2], [1]], False), ([[[1]]], False)],
)
def test_a_list_in_an_initializer_goes_with_the_variable(value: Any, taken: bool) -> None:
    constant = {"module": "keras.initializers", "class_name": "Constant", "config": {"value": value}, "registered_name": None}
    try:
        made = keras.layers.Dense.from_config({"units": 3, "kernel_initializer": constant})
        made.build((None, 6))
    except Exception:  # of TensorFlow
        assert not taken
    else:
        assert (np.asarray(made.kernel.value).shape == (6, 3)) is taken
    weights = {"layers/dense/vars/0": (6, 3), "layers/dense/vars/1": (3,)}
    dense = layer("Dense", name="one", units=3, kernel_initializer=constant, build=[None, 4, 6])
    found = examine("K614", document(sequential(INPUT, dense), weights=weights))
    assert (found == []) is taken
