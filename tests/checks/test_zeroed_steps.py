"""K609: the masked steps of a Bidirectional that returns sequences."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document, Format
from kdoctor.testing import document, examine, layer, sequential


def saved(release: str | None, *later: Any, masked: bool = True, **words: Any) -> Document:
    runs = layer("GRU", name="gru", units=2, **{"return_sequences": True, **words})
    both = layer("Bidirectional", name="both", layer=runs, merge_mode="concat")
    config = sequential(layer("Embedding", name="e", input_dim=5, output_dim=3, mask_zero=masked), both, *later)
    return document(config, format=Format.H5_MODEL, metadata={"keras_version": release})


def told(sick: Document) -> list[str]:
    return [finding.message for finding in examine("K609", sick) if "puts zeros" in finding.message]


EACH = layer("TimeDistributed", name="each", layer=layer("Dense", name="d", units=2))
LAST = layer("LSTM", name="last", units=2)


@pytest.mark.parametrize("release", ["1.2.2", "2.1.6", "2.2.5", "2.3.1"])
def test_steps_that_come_out_are_told(release: str) -> None:
    assert len(told(saved(release))) == len(told(saved(release, EACH))) == 1


@pytest.mark.parametrize("release", ["2.2.4-tf", "2.4.0", "2.15.0", None])
def test_tensorflows_keras_puts_zeros_there_as_keras_3_does(release: str | None) -> None:
    assert told(saved(release)) == []


def test_steps_that_the_next_layer_skips_are_healthy_unless_unrolled() -> None:
    assert told(saved("2.2.5", LAST)) == told(saved("2.2.5", EACH, LAST)) == []
    assert len(told(saved("2.2.5", LAST, unroll=True))) == 1


def test_no_mask_and_no_sequence_are_healthy() -> None:
    assert told(saved("2.2.5", masked=False)) == told(saved("2.2.5", return_sequences=False)) == []
