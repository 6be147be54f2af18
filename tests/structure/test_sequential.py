"""What a Sequential model says about the shape of its input."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document, Format
from kdoctor.structure.sequential import Shape, agree, as_shape, features_of, is_kernel, stacks, statements
from kdoctor.testing import document, layer, model, sequential

INPUT = layer("InputLayer", name="input", batch_shape=[None, 4])


def test_a_stack_names_its_inputs_and_the_first_layer_that_computes() -> None:
    (stack,) = stacks(model(INPUT, layer("Dense"), layer("Dense", name="head")))
    assert [node.name for node in stack.layers] == ["input", "dense", "head"]
    assert [node.name for node in stack.inputs] == ["input"]
    assert stack.first is not None
    assert stack.first.name == "dense"


def test_a_model_of_inputs_alone_has_no_first_layer() -> None:
    (stack,) = stacks(model(INPUT))
    assert stack.first is None


def test_every_nested_sequential_is_a_stack_the_outermost_first() -> None:
    made = model(sequential(layer("Dense"), name="inner"), name="outer")
    assert [stack.model.name for stack in stacks(made)] == ["outer", "inner"]


def test_a_sequential_in_the_training_state_is_none() -> None:
    assert stacks(document(layer("Dense"), training={"loss": sequential()})) == ()


def test_the_stack_of_keras_1_stands_in_the_config_itself() -> None:
    (stack,) = stacks(document({"class_name": "Sequential", "config": [layer("Dense")]}))
    assert (stack.at.json, [node.name for node in stack.layers]) == ("/config", ["dense"])


def test_the_model_may_state_twice_what_it_was_built_with() -> None:
    (stack,) = stacks(model(INPUT, build_input_shape=[32, 4], build_config={"input_shape": [None, 4]}))
    assert [(stated.at.json, stated.shape) for stated in stack.built] == [
        ("/config/build_input_shape", (32, 4)),
        ("/build_config/input_shape", (None, 4)),
    ]


@pytest.mark.parametrize("key", ["batch_shape", "batch_input_shape"])
def test_a_batch_shape_has_the_batch_first(key: str) -> None:
    (stack,) = stacks(model(layer("InputLayer", **{key: [None, 4]})))
    assert [(stated.at.keys[-1], stated.shape) for stated in statements(stack.inputs[0])] == [(key, (None, 4))]


@pytest.mark.parametrize("key", ["shape", "input_shape"])
def test_a_shape_without_the_batch_is_completed(key: str) -> None:
    (stack,) = stacks(model(layer("InputLayer", **{key: [4]})))
    assert [stated.shape for stated in statements(stack.inputs[0])] == [(None, 4)]


@pytest.mark.parametrize("value", [None, [], "None, 4", {"0": 4}, [4.0], [True, 4], [[None, 4]], ["None", 4], 4])
def test_what_is_no_list_of_lengths_is_no_shape(value: Any) -> None:
    assert as_shape(value) is None


@pytest.mark.parametrize(
    ("one", "other", "agreed"),
    [
        ((None, 4), (32, 4), True),
        ((None, 4), (None, 4), True),
        ((None, 4), (None, 5), False),
        ((16, 4), (32, 4), False),
        ((None, 4), (None, 4, 1), False),
        ((None, None), (None, 7), True),
    ],
)
def test_shapes_agree_where_one_array_can_have_both(one: Shape, other: Shape, agreed: bool) -> None:
    assert agree(one, other) is agreed
    assert agree(other, one) is agreed


def features(made: Document) -> int | None:
    (stack,) = stacks(made)
    assert stack.first is not None
    return features_of(made, stack.first)


@pytest.mark.parametrize(
    ("class_name", "path", "shape"),
    [
        ("Dense", "layers/dense/vars/0", (4, 2)),
        ("LSTM", "layers/lstm/cell/vars/0", (4, 8)),
        ("Conv1D", "layers/conv1d/vars/0", (3, 4, 8)),
        ("Conv2D", "layers/conv2d/vars/0", (3, 3, 4, 8)),
    ],
)
def test_a_stored_kernel_proves_how_many_features_come_in(class_name: str, path: str, shape: tuple[int, ...]) -> None:
    assert features(document(sequential(INPUT, layer(class_name)), weights={path: shape})) == 4


def test_the_kernel_of_an_hdf5_model_proves_it_too() -> None:
    path = "model_weights/dense/dense/kernel:0"
    assert features(document(sequential(layer("Dense")), format=Format.H5_MODEL, weights={path: (4, 2)})) == 4


@pytest.mark.parametrize(
    ("first", "weights"),
    [
        (layer("Dense"), {}),
        (layer("Dense"), {"layers/dense/vars/1": (2,)}),
        (layer("Dense"), {"layers/dense/vars/0": (2,)}),
        (layer("Embedding"), {"layers/embedding/vars/0": (100, 8)}),
        (layer("Dense", dtype={"class_name": "QuantizedDTypePolicy", "config": {"mode": "int4"}}), {"layers/dense/vars/0": (2, 2)}),
    ],
)
def test_where_no_kernel_proves_it_nothing_is_claimed(first: dict[str, Any], weights: dict[str, tuple[int, ...]]) -> None:
    assert features(document(sequential(first), weights=weights)) is None


def test_a_kernel_in_groups_takes_the_features_of_all_of_them() -> None:
    weights = {"layers/conv2d/vars/0": (3, 3, 2, 8)}
    assert features(document(sequential(layer("Conv2D", groups=2)), weights=weights)) == 4


def test_two_kernels_under_the_name_of_one_layer_prove_nothing() -> None:
    weights = {"model_weights/dense/a/dense/kernel": (4, 2), "model_weights/dense/b/dense/kernel": (3, 2)}
    assert features(document(sequential(layer("Dense")), format=Format.H5_MODEL, weights=weights)) is None


@pytest.mark.parametrize(
    ("path", "kernel"),
    [
        ("layers/dense/vars/0", True),
        ("model_weights/dense/dense/kernel:0", True),
        ("dense/kernel", True),
        ("model_weights/dense_1/dense_1_W", True),
        ("layers/dense/vars/1", False),
        ("model_weights/dense/dense/bias:0", False),
        ("model_weights/lstm/lstm/recurrent_kernel:0", False),
        ("layers/dense/vars/10", False),
    ],
)
def test_a_kernel_is_known_by_the_end_of_its_path(path: str, kernel: bool) -> None:
    assert is_kernel(path) is kernel
