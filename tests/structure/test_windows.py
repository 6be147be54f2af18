"""How many steps a window takes."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node
from kdoctor.structure.sequential import Shape
from kdoctor.structure.windows import Unproven, length_of, windowed
from kdoctor.testing import layer


def steps(lengths: Shape, **config: Any) -> Shape:
    node = as_node(layer("Conv1D", **config), Pointer("config"))
    assert node is not None
    return windowed(node, lengths)


@pytest.mark.parametrize(
    ("config", "length", "found"),
    [
        ({"kernel_size": 3, "padding": "valid"}, 9, 3),  # without strides a window goes as far as it is long
        ({"kernel_size": [3], "strides": [1], "padding": "valid"}, 9, 7),
        ({"kernel_size": 3, "strides": 2, "padding": "valid"}, 10, 4),
        ({"kernel_size": 3, "strides": 2, "padding": "same"}, 9, 5),
        ({"kernel_size": 3, "strides": 1, "padding": "causal"}, 9, 9),
        ({"kernel_size": 3, "strides": 1, "padding": "valid", "dilation_rate": 2}, 9, 5),
        ({"pool_size": 2, "strides": None, "padding": "valid"}, 9, 4),
        ({"kernel_size": 3, "strides": 1, "padding": "valid"}, None, None),
    ],
)
def test_a_window_leaves_so_many_steps(config: dict[str, Any], length: int | None, found: int | None) -> None:
    assert steps((length,), **config) == (found,)


@pytest.mark.parametrize(
    "config",
    [
        {"padding": "valid"},
        {"kernel_size": [3, 3], "padding": "valid"},
        {"kernel_size": 3, "padding": "full"},
        {"kernel_size": 3, "strides": 0.5, "padding": "valid"},
        {"kernel_size": 3, "strides": [0], "padding": "valid"},
    ],
)
def test_an_unclear_window_proves_nothing(config: dict[str, Any]) -> None:
    with pytest.raises(Unproven):
        steps((9,), **config)


def test_a_length_is_a_whole_number_or_unproven() -> None:
    node = as_node(layer("Dense", units=3, wide=True), Pointer("config"))
    assert node is not None
    assert length_of(node, "units") == 3
    for key in ("wide", "missing"):
        with pytest.raises(Unproven):
            length_of(node, key)
