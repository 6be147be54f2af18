"""Serialized objects, in both dialects and in files that mean harm."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node, model_of, objects
from kdoctor.structure.outline import class_names, objects_named
from kdoctor.testing import document, layer, model, sequential

AT = Pointer("config")


def test_an_object_is_a_dict_with_a_class_and_a_config() -> None:
    node = as_node(layer("Dense", units=2, build=[None, 4]), AT)
    assert node is not None
    assert (node.class_name, node.module, node.registered_name, node.name) == ("Dense", "keras.layers", None, "dense")
    assert node.config["units"] == 2
    assert node.build_config["input_shape"] == [None, 4]


@pytest.mark.parametrize("value", [None, [], "Dense", {}, {"class_name": "Dense"}, {"config": {}}, {"class_name": 3, "config": {}}])
def test_anything_else_is_none(value: Any) -> None:
    assert as_node(value, AT) is None


def test_what_is_not_as_it_should_be_counts_as_not_there() -> None:
    node = as_node({"class_name": "Dense", "config": ["units"], "module": 1, "registered_name": {}, "build_config": []}, AT)
    assert node is not None
    assert (dict(node.config), node.module, node.registered_name, dict(node.build_config), node.name) == ({}, None, None, {}, None)


def test_the_name_stands_in_the_config_or_else_beside_it() -> None:
    inside = as_node({"class_name": "Dense", "config": {"name": "a"}, "name": "b"}, AT)
    beside = as_node({"class_name": "Dense", "config": {}, "name": "b"}, AT)
    assert (inside and inside.name, beside and beside.name) == ("a", "b")


def test_every_object_is_found_outermost_first_with_its_place() -> None:
    dense = layer("Dense", kernel_initializer=layer("Zeros", module="keras.initializers"))
    made = model(layer("Bidirectional", layer=layer("LSTM")), dense)
    assert [(node.class_name, node.at.json) for node in objects(made)] == [
        ("Sequential", ""),
        ("Bidirectional", "/config/layers/0"),
        ("LSTM", "/config/layers/0/config/layer"),
        ("Dense", "/config/layers/1"),
        ("Zeros", "/config/layers/1/config/kernel_initializer"),
    ]


def test_objects_are_asked_for_by_the_names_of_their_classes_in_the_order_of_the_file() -> None:
    mine = {**layer("Dense", name="mine"), "class_name": "pack>Dense"}
    found = document(sequential(layer("Dense", name="dense"), layer("ReLU", name="re_lu"), mine, layer("Dense", name="last")))
    assert [node.name for node in objects_named(found, ("ReLU", "Dense", "Conv2D"))] == ["dense", "re_lu", "mine", "last"]
    assert {"Dense", "ReLU"} < {*class_names(found)}
    assert "pack>Dense" not in class_names(found)


def test_the_key_says_what_an_object_is_for() -> None:
    nodes = objects(model(layer("Dense", kernel_initializer=layer("Zeros"))))
    assert [node.key for node in nodes] == [None, None, "kernel_initializer"]


def test_the_training_state_holds_objects_too() -> None:
    made = document(training={"optimizer": {"class_name": "Adam", "config": {}}})
    assert [(node.class_name, str(node.at)) for node in objects(made)] == [("Adam", "training#/optimizer")]


def test_encoded_plain_values_are_no_objects_but_what_they_hold_is() -> None:
    shape = {"class_name": "__tuple__", "config": {}, "items": [{"class_name": "Inner", "config": {}}]}
    assert [node.class_name for node in objects(model(layer("Dense", shape=shape)))] == ["Sequential", "Dense", "Inner"]


def test_a_file_that_nests_deeper_than_the_stack_is_walked_to_its_end() -> None:
    config: dict[str, Any] = {"class_name": "Innermost", "config": {}}
    for _ in range(2_000):
        config = {"class_name": "Wrapper", "config": {"layer": config}}
    found = objects(document(config))
    assert (len(found), found[-1].class_name) == (2_001, "Innermost")
    while config["config"]:  # taken apart here, because Python frees nested dicts by recursion
        config = config["config"].pop("layer")


def test_the_model_is_the_root_of_the_config() -> None:
    root = model_of(model(layer("Dense")))
    assert root is not None
    assert (root.class_name, root.name, root.at) == ("Sequential", "sequential", AT)


def test_a_sequential_of_keras_1_whose_config_is_a_list_is_a_model() -> None:
    root = model_of(document({"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {}}]}))
    assert root is not None
    assert (root.class_name, dict(root.config)) == ("Sequential", {})


def test_a_file_without_config_has_no_model() -> None:
    assert model_of(document()) is None
