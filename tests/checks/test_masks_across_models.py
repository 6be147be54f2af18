"""K609: masks that come out of one model into another, which files of Keras 2 state nowhere.

That 2.15 heeds them, and what 3.15.1 makes of them, was run with the encoder of a Transformer behind which a GlobalAveragePooling1D stands.
"""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

CROSSING = "goes from one model into another"


def words(name: str) -> dict[str, Any]:
    return layer("Embedding", name=name, input_dim=9, output_dim=4, mask_zero=True)


def encoder(*behind: dict[str, Any]) -> dict[str, Any]:
    """A model of an Embedding and what comes behind it, the last of which is "end"."""
    return functional(
        start("words"), after(words("codes"), "words"), *behind, inputs=(("words", 0, 0),), outputs=(("end", 0, 0),), name="encoder"
    )


def attending() -> dict[str, Any]:
    heads = layer("MultiHeadAttention", name="heads", num_heads=2, key_dim=2)
    return encoder(after(heads, "codes", "codes"), after(layer("Add", name="end"), "codes", "heads"))


def around(inner: dict[str, Any], saved: str, node: int, last: str = "GlobalAveragePooling1D") -> Document:
    """The model that calls another; ``node``: the number of that call, 1 in Keras 2."""
    called = after({**inner, "config": {**inner["config"], "name": "encoder"}}, "in")
    pooled = after(layer(last, name="out"), "encoder", node=node)
    return document(functional(start(), called, pooled), metadata={"keras_version": saved})


def told(model: Document, target: str = "3.15.1") -> list[str | None]:
    return [finding.layer for finding in examine("K609", model, Target(target)) if CROSSING in finding.message]


@pytest.mark.parametrize("node", [0, 1])
def test_the_mask_of_an_encoder_that_attends_gets_lost_behind_it(node: int) -> None:
    assert told(around(attending(), "2.15.0", node)) == ["out"]


def test_a_sum_with_what_has_no_mask_has_none_behind_the_model() -> None:
    places = after(layer("Embedding", name="places", input_dim=9, output_dim=4), "words")
    joined = encoder(places, after(layer("Add", name="end"), "codes", "places"))
    assert told(around(joined, "2.15.0", 1)) == ["out"]
    assert told(around(joined, "2.15.0", 1), "2.15.0") == []


@pytest.mark.parametrize(("last", "target"), [("Flatten", "3.15.1"), ("GlobalAveragePooling1D", "2.15.0")])
def test_what_heeds_no_mask_and_keras_2_are_fine(last: str, target: str) -> None:
    assert told(around(attending(), "2.15.0", 1, last), target) == []


def test_a_mask_that_nothing_takes_away_comes_through() -> None:
    assert told(around(encoder(after(layer("LayerNormalization", name="end"), "codes")), "2.15.0", 1)) == []


def test_two_masks_that_come_out_of_models_are_joined_otherwise() -> None:
    inner = encoder(after(layer("Dense", name="end", units=4), "codes"))
    first = after({**inner, "config": {**inner["config"], "name": "encoder"}}, "in")
    first["inbound_nodes"] = [[["in", 0, 0, {}]], [["other", 0, 0, {}]]]
    both = {**after(layer("Average", name="both"), "encoder"), "inbound_nodes": [[["encoder", 1, 0, {}], ["encoder", 2, 0, {}]]]}
    pooled = after(layer("GlobalAveragePooling1D", name="out"), "both")
    inputs = (("in", 0, 0), ("other", 0, 0))
    model = document(functional(start(), start("other"), first, both, pooled, inputs=inputs), metadata={"keras_version": "2.15.0"})
    assert told(model) == ["out"]


def test_a_model_is_told_the_mask_that_goes_into_it() -> None:
    heads = after(layer("MultiHeadAttention", name="heads", num_heads=2, key_dim=2), "codes", "codes")
    total = after(layer("Add", name="total"), "codes", "heads")
    pooled = after(layer("GlobalAveragePooling1D", name="end"), "given")
    head = functional(start("given"), pooled, inputs=(("given", 0, 0),), outputs=(("end", 0, 0),), name="out")
    model = functional(
        start(), after(words("codes"), "in"), heads, total, after({**head, "config": {**head["config"], "name": "out"}}, "total")
    )
    assert told(document(model, metadata={"keras_version": "2.15.0"})) == []


def into_a_model(other: str, source: str, join: str = "Add") -> Document:
    """What joins the words with others goes into a model that pools it. ``other``: a name; ``source``: the input that these are of."""
    pooled = after(layer("GlobalAveragePooling1D", name="end"), "given")
    head = functional(start("given"), pooled, inputs=(("given", 0, 0),), outputs=(("end", 0, 0),), name="out")
    both = after(layer(join, name="both"), "codes", other)
    last = after({**head, "config": {**head["config"], "name": "out"}}, "both")
    inputs = (("in", 0, 0), ("second", 0, 0))
    made = functional(start(), start("second"), after(words("codes"), "in"), after(words(other), source), both, last, inputs=inputs)
    return document(made, metadata={"keras_version": "2.15.0"})


@pytest.mark.parametrize("join", ["Add", "Concatenate"])
def test_two_masks_that_go_into_a_model_are_joined_otherwise(join: str) -> None:
    assert told(into_a_model("others", "second", join)) == ["end"]


@pytest.mark.parametrize("join", ["Add", "Concatenate"])
def test_two_masks_of_the_same_words_are_one(join: str) -> None:
    assert told(into_a_model("others", "in", join)) == []


def test_a_recurrent_layer_hands_on_the_mask_that_it_was_told() -> None:
    heads = layer("MultiHeadAttention", name="heads", num_heads=2, key_dim=2)
    steps = layer("LSTM", name="end", units=4, return_sequences=True)
    within = encoder(after(heads, "codes", "codes"), after(layer("Add", name="total"), "codes", "heads"), after(steps, "total"))
    assert told(around(within, "2.15.0", 1)) == []


@pytest.mark.parametrize(("saved", "target", "tells"), [("3.15.1", "3.3.3", True), ("3.8.0", "3.0.5", True), ("3.15.1", "3.6.0", False)])
def test_masks_that_a_sum_within_a_model_does_not_hand_on_are_told(saved: str, target: str, tells: bool) -> None:
    """Run in 3.0.5 and 3.3.3: the LSTM of a model that is given two masked sequences heeds no mask there."""
    ends = (("one", 0, 0), ("two", 0, 0))
    joined, behind = after(layer("Add", name="sum"), "one", "two"), after(layer("LSTM", name="end", units=3), "sum")
    inner = functional(start("one"), start("two"), joined, behind, inputs=ends, outputs=(("end", 0, 0),), name="inner")
    called = after({**inner, "config": {**inner["config"], "name": "out"}}, "codes", "others")
    outer = functional(start(), after(words("codes"), "in"), after(words("others"), "in"), called)
    assert told(document(outer, metadata={"keras_version": saved}), target) == (["end"] if tells else [])
