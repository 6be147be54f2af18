"""Operations of Keras 3 between a tensor and an array, by Rescaling of Keras 2. What is expected was run in 2.15 and 2.9 against 3.15.1."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.convert.keras_2_operations import as_layer
from kdoctor.convert.refusal import NotConvertible
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.testing import layer

ROW = [[[1.0, -2.0, 0.5]]]


def tensor(*shape: int | None, dtype: str = "float32") -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [*shape], "dtype": dtype, "keras_history": ["in", 0, 0]}}


def array(value: Any, dtype: str = "float32", kind: str = "__tensor__") -> dict[str, Any]:
    return {"class_name": kind, "config": {"value": value, "dtype": dtype}}


STEPS = tensor(None, 6, 3)


def converted(operation: str, *args: Any, **config: Any) -> dict[str, Any]:
    row = {**layer(operation, name="out", module="keras.src.ops.numpy", **config), "inbound_nodes": [{"args": [*args], "kwargs": {}}]}
    node = as_node(row, Pointer("config"))
    assert node is not None
    return as_layer(node)


@pytest.mark.parametrize(
    ("operation", "args", "settings"),
    [
        ("Add", [STEPS, array(ROW)], {"scale": 1.0, "offset": ROW}),
        ("Add", [array(ROW, kind="__numpy__"), STEPS], {"scale": 1.0, "offset": ROW}),
        ("Add", [STEPS, array([1.0, 2.0, 3.0])], {"scale": 1.0, "offset": [1.0, 2.0, 3.0]}),
        ("Subtract", [array(ROW), STEPS], {"scale": -1.0, "offset": ROW}),
        ("Subtract", [STEPS, array(ROW)], {"scale": 1.0, "offset": [[[-1.0, 2.0, -0.5]]]}),
        ("Multiply", [STEPS, array(ROW)], {"scale": ROW, "offset": 0.0}),
    ],
)
def test_an_array_is_what_rescaling_is_given(operation: str, args: list[Any], settings: dict[str, Any]) -> None:
    made = converted(operation, *args)
    assert (made["class_name"], made["config"]) == ("Rescaling", {"name": "out", **settings})
    assert made["inbound_nodes"] == [{"args": [STEPS], "kwargs": {}}]


@pytest.mark.parametrize(
    ("operation", "args"),
    [
        ("Divide", [STEPS, array(ROW)]),  # by a product with the inverse the last digit may change
        ("Add", [STEPS, array([[1.0] * 3] * 4)]),
        ("Add", [tensor(None, 1, 3), array([[[1.0] * 3] * 6])]),  # the result is larger than the tensor
        ("Add", [tensor(None, 3), array([[[1.0, 2.0, 3.0]]])]),
        ("Add", [STEPS, array([[[1.0] * 3] * 6] * 2)]),  # of a batch of two
        ("Add", [STEPS, array([[1.0, 2.0, 3.0], [1.0]])]),
        ("Add", [STEPS, array([1.0, float("nan"), 3.0])]),
        ("Add", [tensor(None, 6, 3, dtype="float16"), array(ROW, "float16")]),
        ("Add", [tensor(None, 6, 3, dtype="int32"), array([1, 2, 3], "int32")]),
        ("Add", [STEPS, array(ROW, "float64")]),
        ("Add", [array(ROW), array(ROW)]),
    ],
)
def test_what_rescaling_does_not_do_is_refused(operation: str, args: list[Any]) -> None:
    with pytest.raises(NotConvertible):
        converted(operation, *args)


@pytest.mark.parametrize("kind", ["int64", "bool", "float32"])
def test_a_cast_to_fractions_is_a_rescaling_by_one(kind: str) -> None:
    """Eight models of Keras 3.4 with whole numbers and truths, so written, compute the same in 2.15."""
    given = tensor(None, 3)
    given["config"]["dtype"] = kind
    made = converted("Cast", given, dtype="float32")
    assert made["class_name"] == "Rescaling"
    assert made["config"] == {"name": "out", "scale": 1.0, "offset": 0.0, "dtype": "float32"}


def test_a_cast_to_whole_numbers_is_refused() -> None:
    with pytest.raises(NotConvertible):
        converted("Cast", tensor(None, 3), dtype="int32")
