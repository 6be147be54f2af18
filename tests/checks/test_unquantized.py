"""K610: layers with a quantized dtype policy that Keras cannot quantize."""

from __future__ import annotations

from typing import Any

import keras
import numpy
import pytest
from graphs import cured

from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

POLICY = {
    "module": "keras",
    "class_name": "QuantizedDTypePolicy",
    "config": {"mode": "int8", "source_name": "float32"},
    "registered_name": None,
}


@pytest.mark.parametrize("policy", [POLICY, "int8_from_float32", "float8_from_float32", "int4_from_float32"])
def test_a_layer_that_is_never_quantized_gets_the_policy_it_had(policy: Any) -> None:
    sick = document(sequential(layer("Flatten", name="flat", dtype=policy), layer("Dense", name="out", units=2)))
    (finding,) = examine("K610", sick)
    assert "does not compute so in any Keras" in finding.message
    healthy = cured(sick, finding)
    assert healthy.config["config"]["layers"][0]["config"]["dtype"] == "float32"
    assert examine("K610", healthy) == []


@pytest.mark.parametrize("policy", [POLICY, "int8_from_float32", "int8_from_mixed_bfloat16"])
@pytest.mark.parametrize("name", ["Dense", "EinsumDense", "Embedding"])
def test_a_layer_that_can_be_quantized_is_left_alone(name: str, policy: Any) -> None:
    assert examine("K610", document(sequential(layer(name, dtype=policy)))) == []


@pytest.mark.parametrize("policy", [None, "float32", "mixed_float16", "int8", 5, {"class_name": "DTypePolicyMap", "config": {}}])
def test_every_other_policy_is_left_alone(policy: Any) -> None:
    assert examine("K610", document(sequential(layer("Flatten", dtype=policy)))) == []


def test_keras_2_has_no_such_policies() -> None:
    assert examine("K610", document(sequential(layer("Flatten", dtype="int8_from_float32"))), Target("2.15.0")) == []


@pytest.mark.parametrize("name", ["Flatten", "Activation", "Conv1D", "LayerNormalization", "LSTM", "Add"])
def test_keras_cannot_call_them(name: str) -> None:
    given = {"Activation": ("relu",), "Conv1D": (2, 2), "LSTM": (2,)}.get(name, ())
    made = getattr(keras.layers, name)(*given, dtype="int8_from_float32")
    x = numpy.ones((1, 4, 3), "float32")
    with pytest.raises(NotImplementedError, match="_int8_call"):
        made([x, x] if name == "Add" else x)
