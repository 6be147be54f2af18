"""K614: constants of a TensorFlowOpLayer of float64, as tf.keras 2.3 saves them; a file of it, cured, computed the same in 2.3, 2.9 and 2.15."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import cured

from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, examine

KERAS_2 = Target("2.15.0")


def saved(operation: str, constants: Any, kind: str = "DT_DOUBLE") -> Document:
    definition = {"name": "mul", "op": operation, "input": ["in", "mul/y"], "attr": {"T": {"type": kind}}}
    start = {"batch_input_shape": [None, 2], "dtype": "float64", "sparse": False, "ragged": False, "name": "in"}
    layers = [
        {"class_name": "InputLayer", "config": start, "name": "in", "inbound_nodes": []},
        {
            "class_name": "TensorFlowOpLayer",
            "config": {"name": "mul", "trainable": True, "dtype": "float64", "node_def": definition, "constants": constants},
            "name": "tf_op_layer_mul",
            "inbound_nodes": [[["in", 0, 0, {}]]],
        },
    ]
    ends = {"input_layers": [["in", 0, 0]], "output_layers": [["tf_op_layer_mul", 0, 0]]}
    config = {"class_name": "Functional", "config": {"name": "net", "layers": layers, **ends}}
    return document(config, format=Format.H5_MODEL, metadata={"keras_version": "2.4.0"})


@pytest.mark.parametrize(
    ("operation", "constants", "told"),
    [
        ("Mul", {"1": 2.5}, {"scale": 2.5, "offset": 0.0}),
        ("Mul", {"0": 2.5}, {"scale": 2.5, "offset": 0.0}),
        ("AddV2", {"1": 1.0}, {"scale": 1.0, "offset": 1.0}),
        ("Sub", {"1": 1.0}, {"scale": 1.0, "offset": -1.0}),
    ],
)
def test_a_number_that_is_read_as_a_float32_is_said_by_a_rescaling(operation: str, constants: Any, told: Any) -> None:
    sick = saved(operation, constants)
    (finding,) = examine("K614", sick, KERAS_2)
    assert "is a float64, and Keras 2.15.0 reads it as a float32" in finding.message
    assert finding.keras_says is not None
    assert finding.keras_says.startswith("ValueError: Inconsistent values for attr 'T' DT_DOUBLE vs. DT_FLOAT")
    healthy = cured(sick, finding)
    assert examine("K614", healthy, KERAS_2) == []
    made = healthy.config["config"]["layers"][1]
    assert (made["class_name"], made["name"], made["inbound_nodes"]) == ("Rescaling", "tf_op_layer_mul", [[["in", 0, 0, {}]]])
    assert made["config"] == {"name": "tf_op_layer_mul", "trainable": True, "dtype": "float64", **told}


@pytest.mark.parametrize(
    ("operation", "constants", "kind"),
    [
        ("Mul", {"1": 0.1}, "DT_DOUBLE"),  # Rescaling would make a float32 of it first
        ("Mul", {"1": 1e300}, "DT_DOUBLE"),
        ("Sub", {"0": 1.0}, "DT_DOUBLE"),
        ("Mul", {"1": [1.0, 2.0]}, "DT_DOUBLE"),
        ("Maximum", {"1": 0.0}, "DT_DOUBLE"),
        ("Mul", {"1": 2.0}, "DT_HALF"),
        ("Equal", {"1": 3}, "DT_INT64"),
    ],
)
def test_what_is_no_rescaling_is_named(operation: str, constants: Any, kind: str) -> None:
    (finding,) = examine("K614", saved(operation, constants, kind), KERAS_2)
    assert finding.repair is None
    assert finding.needs


@pytest.mark.parametrize(
    ("operation", "constants", "kind"),
    [
        ("Mul", {"1": 0.1}, "DT_FLOAT"),
        ("Mul", {"1": [[1.0, 2.0]]}, "DT_FLOAT"),
        ("Equal", {"1": 3}, "DT_INT32"),
        ("Sum", {"1": 1}, "DT_DOUBLE"),  # whose axes are of another kind than its numbers
        ("Mul", None, "DT_DOUBLE"),
        ("Mul", {"1": 2**40}, "DT_INT64"),
    ],
)
def test_what_comes_back_as_it_was_is_left_alone(operation: str, constants: Any, kind: str) -> None:
    assert examine("K614", saved(operation, constants, kind), KERAS_2) == []


def test_keras_3_has_no_such_layer_which_is_another_checks() -> None:
    assert examine("K614", saved("Mul", {"1": 2.5}), KERAS_3) == []
