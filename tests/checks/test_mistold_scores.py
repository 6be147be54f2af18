"""K609: a layer behind the scores of a MultiHeadAttention that Keras 3.4 and later tell another shape than they have.

16 models of Keras 2.15 were cured and loaded in 3.15.1 (2026-11-23): those told here did not load.
"""

from __future__ import annotations

from typing import Any

import keras
import pytest
from graphs import after, cured, functional

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

DENSE = layer("Dense", name="out", units=3)


def given(name: str, *shape: int | None) -> dict[str, Any]:
    return {**layer("InputLayer", name=name, batch_shape=[None, *shape]), "name": name, "inbound_nodes": []}


def attended(last: dict[str, Any], query: tuple[int | None, ...] = (5, 4), value: tuple[int | None, ...] = (7, 4), **told: Any) -> Document:
    attention = {**layer("MultiHeadAttention", name="attention", num_heads=2, key_dim=3, **told), "name": "attention"}
    attention["inbound_nodes"] = [[["query", 0, 0, {"value": ["value", 0, 0], "return_attention_scores": True}]]]
    behind = {**after(last, "attention"), "inbound_nodes": [[["attention", 0, 1, {}]]]}
    end = after(layer("Dense", name="end", units=2), last["config"]["name"])
    made = functional(
        given("query", *query), given("value", *value), attention, behind, end,
        inputs=(("query", 0, 0), ("value", 0, 0)), outputs=(("end", 0, 0),),
    )  # fmt: skip
    return document(made, metadata={"keras_version": "2.15.0"})


def told(model: Document, target: Target | None = None) -> list[str | None]:
    found = [one for one in (examine("K609", model, target) if target else examine("K609", model)) if "attention scores" in one.message]
    assert all(one.repair is None and one.needs for one in found)
    return [one.layer for one in found]


@pytest.mark.parametrize(
    "last",
    [
        DENSE,
        layer("Conv2D", name="out", filters=2, kernel_size=2),
        layer("Reshape", name="out", target_shape=[70]),
        layer("Flatten", name="out"),
    ],
)
def test_what_is_made_for_the_lengths_of_the_scores_is_told(last: dict[str, Any]) -> None:
    assert told(attended(last)) == ["out"]
    assert told(attended(last, (7, 4))) == []


@pytest.mark.parametrize(("axis", "names"), [(-1, ["out"]), ([3], ["out"]), (1, [])])
def test_a_normalization_is_made_for_its_own_axis(axis: int | list[int], names: list[str]) -> None:
    assert told(attended(layer("BatchNormalization", name="out", axis=axis))) == names


def test_a_dropout_hands_the_scores_on() -> None:
    sick = attended(layer("Dropout", name="out", rate=0.1))
    assert told(sick) == ["end"]


def test_the_scores_of_four_axes_have_five() -> None:
    last = layer("Conv3D", name="out", filters=2, kernel_size=1)
    assert told(attended(last, (7, 6, 3), (7, 6, 3), attention_axes=[2])) == ["out"]


@pytest.mark.parametrize("last", [layer("MaxPooling2D", name="out"), layer("Permute", name="out", dims=[2, 3, 1])])
def test_what_is_made_for_no_length_takes_them_as_they_come(last: dict[str, Any]) -> None:
    assert told(attended(last)) == []


def test_an_open_length_says_nothing_of_a_convolution_and_earlier_releases_tell_the_shape() -> None:
    assert told(attended(layer("Conv2D", name="out", filters=2, kernel_size=2), (None, 4))) == []
    assert told(attended(DENSE), Target("3.2.1")) == []
    assert told(attended(DENSE), Target("2.15.0")) == []


@pytest.mark.parametrize(("name", "queries"), [("LayerNormalization", 5), ("Dense", None)])
def test_what_is_built_before_it_is_called_is_told_its_shape(name: str, queries: int | None) -> None:
    sick = attended(layer(name, name="out", units=3) if name == "Dense" else layer(name, name="out"), (queries, 4))
    (finding,) = (one for one in examine("K609", sick) if "attention scores" in one.message)
    healthy = cured(sick, finding)
    assert healthy.config["config"]["layers"][3]["build_config"] == {"input_shape": [None, 2, queries, 7]}
    assert told(healthy) == []


def test_keras_does_not_make_such_a_model() -> None:
    query, value = keras.Input((5, 4)), keras.Input((7, 4))
    _, scores = keras.layers.MultiHeadAttention(2, 3)(query, value, return_attention_scores=True)
    assert scores.shape == (None, 2, 5, 5)
