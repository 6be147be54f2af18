"""What layers want of their inputs, against the installed Keras: what it takes is not refused, what it refuses is, in its words."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from kdoctor.keras_api.input_shapes import RANKS, refusal_of
from kdoctor.pointer import Pointer
from kdoctor.structure.objects import as_node

SETTINGS: dict[str, dict[str, Any]] = {
    "Dense": {"units": 2},
    "RepeatVector": {"n": 2},
    **{name: {"units": 2} for name in ("LSTM", "GRU", "SimpleRNN")},
    **{name: {"pool_size": 2} for name in RANKS if name.startswith(("AveragePooling", "MaxPooling"))},
    **{f"SpatialDropout{rank}D": {"rate": 0.1} for rank in (1, 2, 3)},
    **{name: {"kernel_size": 2} for name in RANKS if name.startswith("DepthwiseConv")},
    **{name: {"filters": 2, "kernel_size": 2} for name in RANKS if "Conv" in name and not name.startswith("Depthwise")},
}
LENGTHS = (6, 6, 6, 6, 6)


def refusals(made: keras.layers.Layer, *shapes: tuple[int | None, ...]) -> tuple[str | None, str | None]:
    """What Keras says to a layer called with such tensors, and what is said without it."""
    tensors = [keras.Input(batch_shape=shape) for shape in shapes]
    node = as_node(keras.saving.serialize_keras_object(made), Pointer("config"))
    assert node is not None
    refusal = refusal_of(node, shapes)
    try:
        made(tensors[0] if len(tensors) == 1 else tensors)
    except ValueError as error:
        return f"ValueError: {error}", refusal and refusal.keras_says
    return None, refusal and refusal.keras_says


@pytest.mark.parametrize("name", sorted(RANKS))
def test_the_number_of_axes_is_as_keras_has_it(name: str) -> None:
    wanted = RANKS[name].axes
    for axes in (wanted, wanted - 1):
        made = getattr(keras.layers, name)(**SETTINGS.get(name, {}))
        theirs, ours = refusals(made, (None, *LENGTHS[: axes - 1]))
        assert theirs == ours
        assert (ours is None) is (axes == wanted)


@pytest.mark.parametrize("name", sorted(name for name in RANKS if "Conv" in name and "LSTM" not in name))
def test_a_convolution_takes_no_more_axes_than_it_goes_over(name: str) -> None:
    made, shape = getattr(keras.layers, name)(**SETTINGS[name]), (None, 2, *LENGTHS[: RANKS[name].axes - 1])
    node = as_node(keras.saving.serialize_keras_object(made), Pointer("config"))
    assert node is not None
    refusal = refusal_of(node, (shape,))
    assert refusal is not None
    kind, _, says = refusal.keras_says.partition(": ")
    with pytest.raises(IndexError if kind == "IndexError" else ValueError, match=says):
        made(keras.Input(batch_shape=shape))
    assert refusal_of(node, (shape,), keras_3=False) is None


@pytest.mark.parametrize(
    ("name", "settings", "shapes"),
    [
        ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, [(None, 8, 8, 3)]),
        ("Conv2D", {"filters": 2, "kernel_size": 5, "strides": 3}, [(None, 3, 9, 1)]),
        ("SeparableConv1D", {"filters": 2, "kernel_size": 5}, [(None, 3, 1)]),
        ("MaxPooling2D", {"pool_size": 5}, [(None, 3, 3, 1)]),
        ("AveragePooling1D", {"pool_size": 5}, [(None, 3, 1)]),
        ("Concatenate", {}, [(None, 8, 2), (None, 7, 2)]),
        ("Concatenate", {"axis": 1}, [(None, 8, 2), (None, 7)]),
        ("Multiply", {}, [(None, 8), (None, 8, 2)]),
        ("Add", {}, [(4, 8), (3, 8)]),
        ("Dot", {"axes": -1}, [(None, 2, 8), (None, 2, 7)]),
        ("Reshape", {"target_shape": (3, 3)}, [(None, 8)]),
        ("Reshape", {"target_shape": (3, -1)}, [(None, 8)]),
        ("Permute", {"dims": (2, 1)}, [(None, 8)]),
    ],
)
def test_keras_refuses_what_is_refused_in_the_same_words(name: str, settings: dict[str, Any], shapes: Any) -> None:
    theirs, ours = refusals(getattr(keras.layers, name)(**settings), *shapes)
    assert ours is not None
    assert theirs is not None
    first, _, received = ours.removeprefix("ValueError: ").partition("Received: ")
    assert first in theirs
    assert received in theirs
