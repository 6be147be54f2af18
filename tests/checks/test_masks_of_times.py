"""K609: the mask behind a TimeDistributed, which Keras 2 made of the layer in it.

An Embedding and a Masking before, and a recurrent layer in the wrapper, were saved by 2.11 and run in 2.15, 3.0.5 and 3.15.1 (2026-11-22).
"""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional, start

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

OLD = {"keras_version": "2.15.0"}
EMBEDDING = layer("Embedding", name="words", input_dim=9, output_dim=3, mask_zero=True)
LSTM = layer("LSTM", name="steps", units=3)
ALL_STEPS = layer("LSTM", name="steps", units=3, return_sequences=True)


def times(held: dict[str, Any], end: dict[str, Any], *before: dict[str, Any], release: str = "2.15.0") -> Document:
    """A TimeDistributed and a layer behind it, both of a Functional."""
    chain = [start("in")]
    for made in (*before, layer("TimeDistributed", name="times", layer=held), end):
        chain.append(after(made, chain[-1]["name"]))
    return document(functional(*chain), metadata={"keras_version": release})


END = layer("GRU", name="out", units=2)


def changes(sick: Document, target: Target | None = None) -> list[str]:
    return [found.message for found in examine("K609", sick, target or Target("3.15.1")) if "TimeDistributed" in found.message]


@pytest.mark.parametrize(
    "held",
    [EMBEDDING, sequential(EMBEDDING, layer("Dropout", rate=0.1)), functional(start(), after(EMBEDDING, "in"), outputs=(("words", 0, 0),))],
)
def test_a_mask_that_is_made_in_the_wrapper_is_lost(held: dict[str, Any]) -> None:
    (message,) = changes(times(held, END))
    assert "loses the mask" in message
    assert changes(times(held, layer("TimeDistributed", name="out", layer=LSTM))) == [message]


@pytest.mark.parametrize("held", [LSTM, sequential(layer("Dense", units=2), LSTM), layer("Bidirectional", layer=LSTM)])
def test_a_mask_of_steps_is_handed_on_for_one_of_times(held: dict[str, Any]) -> None:
    (message,) = changes(times(held, END, EMBEDDING))
    assert "for the steps of each time" in message


def test_it_is_found_in_a_sequential() -> None:
    stack = sequential(EMBEDDING, layer("TimeDistributed", name="times", layer=LSTM), layer("Dropout", rate=0.1), END)
    assert len(changes(document(stack, metadata=OLD))) == 1


@pytest.mark.parametrize(
    "healthy",
    [
        times(EMBEDDING, layer("Flatten", name="out")),
        times(EMBEDDING, layer("TimeDistributed", name="out", layer=layer("Dense", units=2))),
        times(sequential(EMBEDDING, LSTM), END),
        times(layer("Dense", units=3), END, EMBEDDING),
        times(ALL_STEPS, layer("TimeDistributed", name="out", layer=LSTM), EMBEDDING),
        times(LSTM, END),
        times(LSTM, layer("Dense", name="out", units=2), EMBEDDING),
        times(EMBEDDING, END, release="3.6.0"),
    ],
)
def test_other_masks_are_alike(healthy: Document) -> None:
    assert changes(healthy) == []


def test_keras_2_makes_the_same_mask() -> None:
    assert changes(times(EMBEDDING, END), Target("2.15.0")) == []
