"""K204 and K209: the scores of an Attention, which early Keras 3 does not hand on."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

RELEASES = [("2.15.0", 0), ("3.0.5", 1), ("3.6.0", 1), ("3.7.0", 1), ("3.8.0", 0), ("3.15.1", 0)]


def attention(made: str, *behind: dict[str, Any], output: tuple[str, int, int], **config: Any) -> Document:
    attends = after(layer(made, name="attention", score_mode="dot", **config), "first", "second")
    attends["inbound_nodes"][0] = [[name, 0, 0, {"return_attention_scores": True}] for name in ("first", "second")]
    inputs = (("first", 0, 0), ("second", 0, 0))
    return document(functional(start("first"), start("second"), attends, *behind, inputs=inputs, outputs=(("attention", 0, 0), output)))


@pytest.mark.parametrize("made", ["Attention", "AdditiveAttention"])
@pytest.mark.parametrize(("release", "told"), RELEASES)
def test_scores_among_the_outputs_are_named(made: str, release: str, told: int) -> None:
    found = examine("K209", attention(made, output=("attention", 0, 1)), Target(release))
    assert [finding.keras_says for finding in found] == ["IndexError: list index out of range"] * told


@pytest.mark.parametrize(("release", "told"), RELEASES)
def test_a_layer_that_takes_scores_is_named(release: str, told: int) -> None:
    taking = after(layer("Flatten", name="flat"), "attention")
    taking["inbound_nodes"] = [[["attention", 0, 1, {}]]]
    found = examine("K204", attention("Attention", taking, output=("flat", 0, 0)), Target(release))
    assert [finding.layer for finding in found] == ["flat"] * told


def test_the_first_output_of_an_attention_and_another_layers_second_one_are_left_alone() -> None:
    early = Target("3.0.5")
    assert examine("K209", attention("Attention", output=("attention", 0, 0)), early) == []
    assert examine("K209", attention("LSTM", output=("attention", 0, 1), return_state=True), early) == []
