"""Operations of Keras 3 on whole tensors, by the layers of Keras 2 that compute the same. What is expected was run in 2.15 against 3.15.1."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.convert.keras_2_arrangements import arranged
from kdoctor.convert.keras_2_operations import as_layer
from kdoctor.convert.refusal import NotConvertible
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.testing import layer


def tensor(*shape: int | None, dtype: str = "float32") -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"shape": [*shape], "dtype": dtype, "keras_history": ["in", 0, 0]}}


MATRIX, STEPS, IMAGE = tensor(None, 4), tensor(None, 6, 4), tensor(None, 8, 8, 3)


@pytest.mark.parametrize(
    ("operation", "config", "args", "made"),
    [
        ("Concatenate", {"axis": -1}, [[STEPS, STEPS]], ("Concatenate", {"axis": 2})),
        ("Concatenate", {"axis": -2}, [[STEPS, STEPS, STEPS]], ("Concatenate", {"axis": 1})),
        ("Reshape", {"newshape": [-1, 2, 2]}, [MATRIX], ("Reshape", {"target_shape": [2, 2]})),
        ("Reshape", {"newshape": {"class_name": "__tuple__", "items": [-1, 24]}}, [STEPS], ("Reshape", {"target_shape": [24]})),
        ("ExpandDims", {"axis": 1}, [MATRIX], ("Reshape", {"target_shape": [1, 4]})),
        ("ExpandDims", {"axis": -1}, [STEPS], ("Reshape", {"target_shape": [6, 4, 1]})),
        ("Squeeze", {"axis": 1}, [tensor(None, 1, 4)], ("Reshape", {"target_shape": [4]})),
        ("Transpose", {"axes": [0, 2, 1]}, [STEPS], ("Permute", {"dims": [2, 1]})),
        ("Mean", {"axis": 1, "keepdims": False}, [STEPS], ("GlobalAveragePooling1D", {"data_format": "channels_last", "keepdims": False})),
        ("Max", {"axis": [1, 2], "keepdims": True, "initial": None}, [IMAGE], ("GlobalMaxPooling2D", {"data_format": "channels_last", "keepdims": True})),
        ("Matmul", {}, [STEPS, tensor(None, 4, 6)], ("Dot", {"axes": [2, 1], "normalize": False})),
        ("Softmax", {"axis": -1}, [STEPS], ("Softmax", {"axis": 2})),
        ("Elu", {"alpha": 0.5}, [MATRIX], ("ELU", {"alpha": 0.5})),
        ("LeakyRelu", {"negative_slope": 0.3}, [MATRIX], ("LeakyReLU", {"negative_slope": 0.3})),
        ("Gelu", {"approximate": False}, [MATRIX], ("Activation", {"activation": "gelu"})),
    ],
)  # fmt: skip
def test_a_layer_computes_the_same(operation: str, config: dict[str, Any], args: list[Any], made: tuple[str, dict[str, Any]]) -> None:
    found = arranged(operation, {"name": "out", **config}, args)
    assert found is not None
    assert found[:2] == made


@pytest.mark.parametrize(
    ("operation", "config", "args"),
    [
        ("Concatenate", {"axis": 0}, [[STEPS, STEPS]]),
        ("Reshape", {"newshape": [-1, 4]}, [STEPS]),  # steps become samples
        ("Reshape", {"newshape": [-1, 24]}, [tensor(None, None, 4)]),
        ("ExpandDims", {"axis": 0}, [MATRIX]),
        ("ExpandDims", {"axis": 1}, [tensor(None, None, 4)]),
        ("Squeeze", {"axis": None}, [tensor(None, 1, 4)]),
        ("Squeeze", {"axis": 1}, [tensor(None, 1)]),  # nothing but samples is left
        ("Transpose", {"axes": [1, 0]}, [MATRIX]),
        ("Transpose", {"axes": None}, [MATRIX]),
        ("Mean", {"axis": -1, "keepdims": False}, [STEPS]),
        ("Mean", {"axis": None, "keepdims": False}, [STEPS]),
        ("Max", {"axis": 1, "keepdims": False, "initial": 0.0}, [STEPS]),
        ("Matmul", {}, [MATRIX, MATRIX]),
        ("Matmul", {}, [tensor(2, 6, 4), tensor(1, 4, 6)]),
        ("Softmax", {"axis": 0}, [STEPS]),
        ("Softmax", {"axis": [1, 2]}, [STEPS]),
        ("Gelu", {"approximate": True}, [MATRIX]),
        ("GetItem", {}, [STEPS, 0]),
    ],
)
def test_what_no_layer_computes_has_none(operation: str, config: dict[str, Any], args: list[Any]) -> None:
    assert arranged(operation, {"name": "out", **config}, args) is None


def test_numbers_of_two_kinds_are_not_joined_by_a_layer() -> None:
    """Run in 2.15: Add of int32 and float32 fails."""
    row = {**layer("Add", name="out"), "module": "keras.src.ops.numpy", "name": "out"}
    row["inbound_nodes"] = [{"args": [tensor(None, 4, dtype="int32"), MATRIX], "kwargs": {}}]
    node = as_node(row, Pointer("config"))
    assert node is not None
    with pytest.raises(NotConvertible, match="no layer for the operation Add"):
        as_layer(node)
