"""Where each release's loader of archives looks for weights."""

from __future__ import annotations

import pytest

from kdoctor.keras_api.layouts import layout_of
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


def test_keras_3_alone_opens_the_folder_of_earlier_releases() -> None:
    assert layout_of(Target("3.15.1")).opened("layers/dense") == ("layers/dense", "_layer_checkpoint_dependencies/dense")
    assert layout_of(Target("2.15.0")).opened("layers/dense") == ("layers/dense",)


def test_keras_2_writes_the_projections_of_an_attention_with_an_underscore() -> None:
    assert layout_of(Target("2.15.0")).part("MultiHeadAttention", "query_dense") == "_query_dense"
    assert layout_of(Target("3.15.1")).part("MultiHeadAttention", "query_dense") == "query_dense"
    assert layout_of(Target("2.15.0")).part("TimeDistributed", "layer_dense") == "layer_dense"
