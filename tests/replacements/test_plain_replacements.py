"""Layers of Keras 3 as releases before it read them from an .h5."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.replacements.plain_replacements import in_words_of
from kdoctor.target import Target

KERAS_2 = Target("2.15.0")


def stored(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": "x", "trainable": True, "dtype": "float32", **config}}


@pytest.mark.parametrize(
    "layer",
    [
        stored("Rescaling", scale=2.0, offset=0.0),
        stored("Cropping1D", cropping=[1, 0]),
        stored("Activation", activation="softplus"),
        stored("GlobalAveragePooling1D", data_format="channels_last", keepdims=False),
        stored("Concatenate", axis=-1),
    ],
)
def test_a_layer_that_means_the_same_is_written_as_it_is(layer: dict[str, Any]) -> None:
    assert in_words_of(KERAS_2, layer) == layer


@pytest.mark.parametrize(
    "layer",
    [
        stored("LeakyReLU", negative_slope=0.2),  # Keras 2 says alpha
        stored("Activation", activation="hard_sigmoid"),  # another function
        stored("Activation", activation="relu6"),  # none
        stored("Functional", layers=[]),
        stored("Resizing", height=2, width=2),
    ],
)
def test_a_layer_that_means_something_else_or_nothing_there_is_none(layer: dict[str, Any]) -> None:
    assert in_words_of(KERAS_2, layer) is None


def test_what_a_release_does_not_know_is_left_out_where_that_means_the_same() -> None:
    pooling = stored("GlobalAveragePooling1D", data_format="channels_last", keepdims=False)
    found = in_words_of(Target("2.4", family="tf.keras"), pooling)
    assert found is not None
    assert "keepdims" not in found["config"]
    assert (
        in_words_of(Target("2.4", family="tf.keras"), stored("GlobalAveragePooling1D", data_format="channels_last", keepdims=True)) is None
    )
