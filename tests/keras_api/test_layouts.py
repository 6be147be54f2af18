"""Where each release's loader of archives looks for weights."""

from __future__ import annotations

import pytest

from kdoctor.keras_api.layouts import doubled, halved, layout_of
from kdoctor.target import Target


@pytest.mark.parametrize(
    ("release", "place"),
    [
        ("3.15.1", "layers/functional/layers/dense_1"),
        ("2.15.0", "layers/functional/layers/dense_1"),
        ("2.14.0", "_layer_checkpoint_dependencies/functional/_layer_checkpoint_dependencies/dense_1"),
        ("2.13.1", "_layer_checkpoint_dependencies/functional/_layer_checkpoint_dependencies/dense_2"),
    ],
)
def test_a_layer_stands_where_the_release_puts_it(release: str, place: str) -> None:
    assert layout_of(Target(release)).place("layers/functional/layers/dense_1") == place


@pytest.mark.parametrize(("step", "other"), [("dense_2", "dense_1"), ("conv2d_14", "conv2d_7"), ("a_1_12", "a_1_6")])
def test_numbers_that_count_by_twos_are_told_from_the_others(step: str, other: str) -> None:
    assert halved(step) == other
    assert doubled(other) == step


@pytest.mark.parametrize("step", ["dense", "dense_1", "conv2d", "dense_²", "dense_" + "2" * 5000, "_", ""])
def test_a_step_that_such_a_release_does_not_write_stays(step: str) -> None:
    assert halved(step) == step
    assert doubled("dense_" + "2" * 5000) == "dense_" + "2" * 5000


def test_keras_3_alone_opens_the_folder_of_earlier_releases() -> None:
    assert layout_of(Target("3.15.1")).opened("layers/dense") == ("layers/dense", "_layer_checkpoint_dependencies/dense")
    assert layout_of(Target("2.15.0")).opened("layers/dense") == ("layers/dense",)


def test_keras_2_writes_the_projections_of_an_attention_with_an_underscore() -> None:
    assert layout_of(Target("2.15.0")).part("MultiHeadAttention", "query_dense") == "_query_dense"
    assert layout_of(Target("3.15.1")).part("MultiHeadAttention", "query_dense") == "query_dense"
    assert layout_of(Target("2.15.0")).part("TimeDistributed", "layer_dense") == "layer_dense"
