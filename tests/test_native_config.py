"""A config of the ``.h5`` dialect in the words of a ``.keras`` archive."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Json
from kdoctor.keras_api.catalogue import Catalogue
from kdoctor.native_config import Translator, has_tensors, native_node
from kdoctor.testing import layer

TRANSLATOR = Translator(Catalogue.load("3.15.1"))


def bare(class_name: str, **config: Json) -> dict[str, Json]:
    return {"class_name": class_name, "config": config}


def translated(stored: dict[str, Json]) -> Any:
    return TRANSLATOR.model(stored)


def test_a_class_of_keras_gets_its_public_module() -> None:
    assert translated(bare("Dense", units=3)) == {
        "module": "keras.layers", "class_name": "Dense", "config": {"units": 3}, "registered_name": None,
    }  # fmt: skip


@pytest.mark.parametrize("model", ["Model", "Functional"])
def test_the_model_of_keras_2_is_a_functional_of_the_engine(model: str) -> None:
    found = translated(bare(model, layers=[bare("Dense")]))
    assert (found["class_name"], found["module"], found["registered_name"]) == ("Functional", "keras.src.models.functional", "Functional")
    assert found["config"]["layers"][0]["module"] == "keras.layers"


def test_a_class_of_the_users_own_keeps_the_name_that_it_was_registered_under() -> None:
    found = translated(bare("my_package>Scale", factor=2))
    assert (found["module"], found["class_name"], found["registered_name"]) == (None, "Scale", "my_package>Scale")


def test_objects_within_are_translated_by_what_stands_there() -> None:
    found = translated(bare("Dense", kernel_initializer=bare("Zeros"), kernel_regularizer=bare("L2", l2=0.1)))
    assert found["config"]["kernel_initializer"]["module"] == "keras.initializers"
    assert found["config"]["kernel_regularizer"]["module"] == "keras.regularizers"


def test_what_is_native_already_stays_as_it_is() -> None:
    assert translated(layer("Dense", axis=[3], batch_input_shape=[None, 4])) == layer("Dense", axis=[3], batch_input_shape=[None, 4])


def test_the_shape_is_left_to_the_input_layer() -> None:
    assert translated(bare("InputLayer", batch_input_shape=[None, 4]))["config"] == {"batch_shape": [None, 4]}
    assert translated(bare("Dense", batch_input_shape=[None, 4]))["config"] == {}


@pytest.mark.parametrize(("stored", "written"), [([3], 3), ([1, 2], [1, 2]), (-1, -1)])
def test_a_list_of_one_axis_is_that_axis(stored: Json, written: Json) -> None:
    assert translated(bare("Softmax", axis=stored))["config"]["axis"] == written


def test_a_lambda_keeps_its_code_as_an_object_and_loses_what_described_it() -> None:
    stored = bare("Lambda", function=["code", None, [1]], function_type="lambda", module="x", output_shape_type="raw", arguments={})
    code = {"class_name": "__lambda__", "config": {"code": "code", "defaults": None, "closure": [1]}}
    assert translated(stored)["config"] == {"function": code, "arguments": {}}
    assert translated(bare("Lambda", function="relu"))["config"] == {"function": "relu"}


def test_plain_connections_are_read_as_they_are() -> None:
    plain = [["in", 0, 0, {"training": False, "axis": [0, 1, 2]}]]
    assert not has_tensors(plain)
    assert native_node(plain) == plain
    already = {"args": [], "kwargs": {}}
    assert native_node(already) is already


def test_tensors_among_keywords_become_arguments_of_a_call() -> None:
    node = [["a", 0, 0, {"value": ["b", 1, 0], "mask": [["c", 0, 0], ["d", 0, 0]], "training": None}], ["e", 0, 0, {}]]
    assert has_tensors(node)
    found = native_node(node)
    assert [item["config"]["keras_history"] for item in found["args"][0]] == [["a", 0, 0], ["e", 0, 0]]
    assert found["kwargs"]["value"]["config"]["keras_history"] == ["b", 1, 0]
    assert [item["config"]["keras_history"] for item in found["kwargs"]["mask"]] == [["c", 0, 0], ["d", 0, 0]]
    assert found["kwargs"]["training"] is None


@pytest.mark.parametrize("node", [None, 7, "in", [], [["in"]], [["in", 0, 0, []]], [[7, 0, 0, {"x": [1, 2, 3]}]]])
def test_odd_connections_have_no_tensors(node: Json) -> None:
    assert not has_tensors(node)
