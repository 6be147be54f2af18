"""How many tensors layers take, against the installed Keras: what it takes is not refused, and what it refuses is."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from kdoctor.keras_api.input_counts import ALONE, ALONE_UNTIL_BUILT, COUNTED, COUNTED_ONCE_BUILT, LISTS, miscount_of
from kdoctor.pointer import Pointer
from kdoctor.structure.connections import Argument, Form
from kdoctor.structure.objects import as_node
from kdoctor.structure.sources import Source

SETTINGS: dict[str, dict[str, Any]] = {
    "Dense": {"units": 2},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 2},
    "Embedding": {"input_dim": 7, "output_dim": 2},
    "Reshape": {"target_shape": (-1,)},
    "Permute": {"dims": (1,)},
    "RepeatVector": {"n": 2},
    "GroupNormalization": {"groups": 2},
    "Normalization": {"mean": 0.0, "variance": 1.0},
    "Discretization": {"bin_boundaries": [0.0, 1.0]},
    "CenterCrop": {"height": 3, "width": 3},
    "RandomCrop": {"height": 3, "width": 3},
    "CategoryEncoding": {"num_tokens": 7},
    "Hashing": {"num_bins": 7},
    "Dot": {"axes": 1},
    **{name: {"units": 2} for name in ("LSTM", "GRU", "SimpleRNN")},
}
RANKS = {
    "Masking": 3,
    "LSTM": 3,
    "GRU": 3,
    "SimpleRNN": 3,
    "RNN": 3,
    "Bidirectional": 3,
    "TimeDistributed": 3,
    "CenterCrop": 4,
    "RandomCrop": 4,
}
HOLDING = {
    "Bidirectional": lambda: keras.layers.Bidirectional(keras.layers.LSTM(2)),
    "RNN": lambda: keras.layers.RNN(keras.layers.LSTMCell(2)),
    "SpectralNormalization": lambda: keras.layers.SpectralNormalization(keras.layers.Dense(2)),
    "TimeDistributed": lambda: keras.layers.TimeDistributed(keras.layers.Dense(2)),
}
SINGLE = sorted(COUNTED | COUNTED_ONCE_BUILT | ALONE | ALONE_UNTIL_BUILT | {"TimeDistributed"})
ANY = ("ReLU", "Activation", "Dropout", "Identity", "Rescaling", "UnitNormalization", "Softmax", "GaussianNoise")


def settings(name: str) -> dict[str, Any]:
    if name in SETTINGS or "Conv" not in name:
        sized = {"output_size": 2} if name.startswith("Adaptive") else {"pool_size": 2} if name.startswith(("Max", "Average")) else {}
        return SETTINGS.get(name, {"rate": 0.1} if "Dropout" in name else sized if name[-1] == "D" else {})
    return {"kernel_size": 2} if name.startswith("Depthwise") else {"filters": 2, "kernel_size": 2}


def made(name: str) -> keras.layers.Layer:
    settled = {"Softmax": {}, "Activation": {"activation": "relu"}, "Rescaling": {"scale": 0.5}, "GaussianNoise": {"stddev": 0.1}}.get(name)
    return HOLDING[name]() if name in HOLDING else getattr(keras.layers, name)(**(settings(name) if settled is None else settled))


def tensors(name: str, count: int) -> list[keras.KerasTensor]:
    spatial = int(name.replace("Transpose", "")[-2]) if name.replace("Transpose", "")[-1] == "D" else 0
    rank = RANKS.get(name, spatial + 2 + ("LSTM" in name) if spatial else 2)
    return [keras.Input((6,) * (rank - 1)) for _ in range(count)]


def refused(layer: keras.layers.Layer, given: Any) -> str | None:
    """What the installed Keras says to a layer that is called so."""
    try:
        layer(given)
    except Exception as error:  # of whatever class: the message is what counts
        return f"{type(error).__name__}: {error}"
    return None


def found(layer: keras.layers.Layer, count: int, form: Form) -> Any:
    node = as_node(keras.saving.serialize_keras_object(layer), Pointer("config"))
    assert node is not None
    return miscount_of(node, (Argument(None, tuple(Source(f"x{index}", 0, 0) for index in range(count)), form),))


def agrees(layer: keras.layers.Layer, given: Any) -> bool:
    """Whether what is said of a call is what Keras does with it; True when both refuse."""
    several = isinstance(given, list)
    ours = found(layer, len(given) if several else 1, Form.LIST if several else Form.ONE)
    theirs = refused(layer, given)
    assert (ours is None) == (theirs is None), theirs
    if ours is not None and theirs is not None and ours.keras_says is not None:
        assert ours.keras_says.partition("Error: ")[2] in theirs
    return ours is not None


@pytest.mark.parametrize("name", SINGLE)
def test_a_layer_that_takes_one_tensor_takes_no_list_of_two(name: str) -> None:
    layer, (one, other) = made(name), tensors(name, 2)
    if name not in ALONE_UNTIL_BUILT:
        layer(one)  # an archive builds it before it is called
    assert not agrees(layer, one)
    assert agrees(layer, [one, other]) is (name not in ALONE_UNTIL_BUILT)


@pytest.mark.parametrize("name", sorted({*COUNTED_ONCE_BUILT, *ALONE_UNTIL_BUILT} - {"Normalization"}))
def test_one_that_is_not_built_takes_no_list_either(name: str) -> None:
    assert agrees(made(name), tensors(name, 2))


@pytest.mark.parametrize("name", ANY)
def test_a_layer_that_takes_whatever_it_is_given_is_left_alone(name: str) -> None:
    assert not agrees(made(name), tensors(name, 2))


@pytest.mark.parametrize("name", sorted(LISTS))
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_a_layer_that_takes_a_list_is_told_how_many(name: str, count: int) -> None:
    """0: one tensor that is in no list."""
    layer, given = made(name), [keras.Input((6, 6)) for _ in range(max(1, count))]
    assert agrees(layer, given if count else given[0]) is (
        not LISTS[name][0] <= count <= (LISTS[name][1] or 3) or (name, count) in SUBTRACTS
    )


SUBTRACTS = (("Subtract", 1), ("Subtract", 3))


@pytest.mark.parametrize("inputs", [1, 2])
@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_nested_model_takes_as_many_as_it_has_inputs(inputs: int, count: int) -> None:
    starts = [keras.Input((6,), name=f"in_{index}") for index in range(inputs)]
    model = keras.Model(starts, keras.layers.Dense(2)(starts[0] if inputs == 1 else keras.layers.Add()(starts)))
    assert agrees(model, [keras.Input((6,)) for _ in range(count)]) is (count != inputs)


def test_attention_with_several_heads_needs_a_value() -> None:
    layer, query = keras.layers.MultiHeadAttention(2, 2), keras.Input((6, 6))
    layer(query, query)
    assert agrees(layer, query)
