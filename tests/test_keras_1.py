from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Json
from kdoctor.keras_1 import is_keras_1, multiplies_otherwise, today
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import Node, as_node

OLD_DENSE = {
    "name": "d",
    "output_dim": 4,
    "init": "glorot_uniform",
    "W_regularizer": None,
    "bias": True,
    "input_dim": 3,
    "input_dtype": "float32",
}


def node(class_name: str, config: Json, **beside: Json) -> Node:
    found = as_node({"class_name": class_name, "config": config, **beside}, Pointer("config"))
    assert found is not None
    return found


def said(class_name: str, config: Json, **beside: Json) -> dict[str, Json]:
    found = today(node(class_name, config, **beside))
    assert found is not None
    return found


def test_a_dense_layer_is_said_in_todays_words() -> None:
    found = said("Dense", OLD_DENSE)
    assert found["class_name"] == "Dense"
    assert found["config"] == {"name": "d", "units": 4, "kernel_regularizer": None, "use_bias": True}


def test_a_convolution_gets_its_class_and_one_kernel_size() -> None:
    config = {"name": "c", "nb_filter": 8, "nb_row": 3, "nb_col": 5, "border_mode": "same", "subsample": [2, 2], "dim_ordering": "tf"}
    found = said("Convolution2D", config)
    assert found["class_name"] == "Conv2D"
    assert found["config"] == {
        "name": "c", "filters": 8, "kernel_size": [3, 5], "padding": "same", "strides": [2, 2], "data_format": "channels_last",
    }  # fmt: skip


def test_an_embedding_keeps_how_many_words_it_knows() -> None:
    assert said("Embedding", {"name": "e", "input_dim": 10, "output_dim": 4, "dropout": 0.0})["config"]["input_dim"] == 10


def test_a_gru_is_the_one_that_resets_before() -> None:
    assert said("GRU", {"name": "g", "output_dim": 2, "inner_activation": "hard_sigmoid"})["config"]["reset_after"] is False


@pytest.mark.parametrize(("mode", "class_name"), [("sum", "Add"), ("mul", "Multiply"), ("ave", "Average"), ("max", "Maximum")])
def test_a_merge_becomes_the_layer_of_its_mode(mode: str, class_name: str) -> None:
    assert said("Merge", {"name": "m", "mode": mode}, inbound_nodes=[[["a", 0, 0], ["b", 0, 0]]])["class_name"] == class_name


def test_a_concatenation_keeps_its_axis() -> None:
    found = said("Merge", {"name": "m", "mode": "concat", "concat_axis": 1}, inbound_nodes=[[["a", 0, 0], ["b", 0, 0]]])
    assert (found["class_name"], found["config"]["axis"]) == ("Concatenate", 1)


@pytest.mark.parametrize(
    ("axes", "shapes", "otherwise"),
    [
        ([1, 1], [(None, 4), (None, 4)], False),
        ([2, 1], [(None, 6, 4), (None, 4, 5)], False),
        ([2, 2], [(None, 3, 4, 4), (None, 3, 4, 4)], True),
        ([1, 1], [(None, 4), (None, 6, 4)], True),
        ([0, 1], [(None, 4), (None, 4)], True),
        ([-1, -1], [(None, 4), (None, 4)], True),
        ([1, 1], [(None, 4), None], True),
        ([1, 1], [], True),
        (1, [(None, 4), (None, 4)], True),
    ],
)
def test_a_product_is_a_dot_of_vectors_or_of_matrices_alone(axes: Json, shapes: Any, otherwise: bool) -> None:
    config = {"name": "m", "mode": "dot", "dot_axes": axes}
    assert multiplies_otherwise(node("Merge", config), shapes) is otherwise
    found = said("Merge", config, inbound_nodes=[[["a", 0, 0], ["b", 0, 0]]])
    assert (found["class_name"], found["config"]["axes"], found["config"]["normalize"]) == ("Dot", axes, False)


def test_classes_that_were_another_one_by_a_second_name_become_that_one() -> None:
    found = said("AtrousConvolution2D", {"name": "c", "nb_filter": 2, "nb_row": 3, "nb_col": 2, "atrous_rate": [2, 2]})
    assert found["class_name"] == "Conv2D"
    assert found["config"] == {"name": "c", "filters": 2, "kernel_size": [3, 2], "dilation_rate": [2, 2]}
    assert said("TimeDistributedDense", {"name": "d", "output_dim": 2})["class_name"] == "Dense"


@pytest.mark.parametrize(
    ("argument", "value", "today"),
    [
        ("W_regularizer", {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.1}, {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.1}}),
        ("b_regularizer", {"name": "L1L2Regularizer", "l1": 0.2, "l2": 0.0}, {"class_name": "L1L2", "config": {"l1": 0.2, "l2": 0.0}}),
        ("W_constraint", {"name": "MaxNorm", "m": 2, "axis": 0}, {"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}}),
        ("b_constraint", {"name": "NonNeg"}, {"class_name": "NonNeg", "config": {}}),
    ],
)
def test_penalties_become_objects_of_today(argument: str, value: Json, today: Json) -> None:
    found = said("Dense", {"name": "d", "output_dim": 1, argument: value})
    name = ("kernel" if argument.startswith("W") else "bias") + argument[1:]
    assert found["config"][name] == today


@pytest.mark.parametrize(
    ("class_name", "config"),
    [
        ("BatchNormalization", {"mode": 1}),
        ("Convolution2D", {"nb_filter": 1, "dim_ordering": "th"}),
        ("Dense", {"output_dim": 1, "W_regularizer": {"name": "EigenvalueRegularizer", "k": 0.1}}),
        ("Merge", {"mode": "cos"}),
    ],
)
def test_what_has_no_words_today_is_left_alone(class_name: str, config: dict[str, Json]) -> None:
    assert today(node(class_name, {"name": "x", **config}, inbound_nodes=[[["a", 0, 0]]])) is None


def test_todays_words_are_not_taken_for_old_ones() -> None:
    assert is_keras_1(node("Dense", OLD_DENSE))
    assert not is_keras_1(node("Dense", {"name": "d", "units": 4}))
    assert not is_keras_1(node("MyLayer", {"name": "x", "anything": 1}))


def test_a_separable_convolution_has_the_words_of_a_plain_one() -> None:
    said = today(
        node(
            "SeparableConvolution2D", {"nb_filter": 3, "nb_row": 2, "nb_col": 1, "depth_multiplier": 2, "bias": True, "border_mode": "same"}
        )
    )
    assert said is not None
    assert said["class_name"] == "SeparableConv2D"
    assert said["config"] == {"filters": 3, "kernel_size": [2, 1], "depth_multiplier": 2, "use_bias": True, "padding": "same"}
