"""K609: the masked steps of a Bidirectional that returns sequences."""

from __future__ import annotations

from typing import Any

import pytest
from graphs import after, functional

from kdoctor.document import Document, Format
from kdoctor.target import Target
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


def test_tf_keras_of_today_is_told_too_without_a_cure() -> None:
    (finding,) = [finding for finding in examine("K609", saved("2.2.5"), Target("2.15.0")) if "puts zeros" in finding.message]
    assert finding.repair is None


@pytest.mark.parametrize(
    ("words", "is_cured"),
    [({}, True), ({"go_backwards": True}, True), ({"unroll": True}, False), ({"stateful": True}, False), ({"return_state": True}, False)],
)
def test_both_directions_are_written_by_themselves_where_that_is_the_same(words: dict[str, Any], is_cured: bool) -> None:
    (finding,) = [finding for finding in examine("K609", saved("2.2.5", **words)) if "puts zeros" in finding.message]
    assert (finding.repair is not None and finding.repair.native) is is_cured


def test_early_releases_of_keras_3_get_no_nested_model() -> None:
    (finding,) = [finding for finding in examine("K609", saved("2.2.5"), Target("3.0.5")) if "puts zeros" in finding.message]
    assert finding.repair is None


def test_one_that_is_called_twice_is_told_where_one_of_the_calls_is_masked() -> None:
    runs = layer("GRU", name="gru", units=2, return_sequences=True)
    both = layer("Bidirectional", name="both", layer=runs, merge_mode="concat")
    start = {**layer("InputLayer", name="in", batch_shape=[None, 4, 3]), "name": "in", "inbound_nodes": []}
    twice = after(both, "in", "masked")
    twice["inbound_nodes"] = [[[name, 0, 0, {}]] for name in ("in", "masked")]
    config = functional(start, after(layer("Masking", name="masked"), "in"), twice, after(layer("Dense", name="out", units=1), "both"))
    sick = document(config, metadata={"keras_version": "2.2.5"})
    assert len(told(sick)) == 1
