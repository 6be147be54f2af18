"""The kit for people who write checks."""

from __future__ import annotations

import pytest

from kdoctor.document import ABSENT, Fault, Format, Weight
from kdoctor.testing import KERAS_3, document, examine, find_check, layer, model, sequential


def test_a_layer_is_named_after_its_class_unless_it_is_given_a_name() -> None:
    assert layer("LSTM", units=2)["config"] == {"name": "lstm", "units": 2}
    assert layer("LSTM", name="memory")["config"] == {"name": "memory"}


def test_a_layer_can_have_been_built() -> None:
    assert layer("Dense", build=[None, 4])["build_config"] == {"input_shape": [None, 4]}
    assert "build_config" not in layer("Dense")


def test_a_build_input_shape_goes_into_the_models_config_and_the_rest_beside_it() -> None:
    made = sequential(build_input_shape=[None, 4], build_config={"input_shape": [None, 4]})
    assert made["config"]["build_input_shape"] == [None, 4]
    assert made["build_config"] == {"input_shape": [None, 4]}


def test_a_model_is_a_healthy_archive_of_the_newest_keras() -> None:
    made = model(layer("Dense"))
    assert (made.format, made.saved_by().keras, dict(made.faults)) == (Format.KERAS_ZIP, "3.15.1", {})


def test_a_document_has_the_parts_that_it_is_given_and_no_others() -> None:
    made = document(weights={"layers/dense/vars/0": (4, 2)}, faults=(Fault("wrapped"),), attributes={"/": {"backend": "jax"}})
    assert (made.config, made.training) == (ABSENT, ABSENT)
    assert dict(made.weights) == {"layers/dense/vars/0": Weight((4, 2), "float32", "layers/dense/vars/0")}
    assert dict(made.faults) == {0: Fault("wrapped")}
    assert made.attributes["/"] == {"backend": "jax"}


def test_a_check_is_run_by_its_code() -> None:
    assert examine("K201", model(layer("Dense")), KERAS_3) == []
    assert find_check("K201").name == "input-shape-conflict"


def test_a_code_that_nobody_has_is_an_error() -> None:
    with pytest.raises(KeyError, match="K000"):
        find_check("K000")
