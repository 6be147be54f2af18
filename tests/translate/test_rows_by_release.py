"""Rows whose meaning depends on the release that saved the file."""

from __future__ import annotations

import pytest

from kdoctor.translate.graph import Graph
from kdoctor.translate.table import call
from kdoctor.translate.values import Tensor, Untranslatable

X = Tensor("x", 0, 0, (None, 6, 8, 3), "float32", True)


@pytest.mark.parametrize("release", [None, (2, 2), (2, 3)])
def test_a_resize_that_may_be_tensorflow_1s_is_refused_unless_both_take_the_same_pixels(release: tuple[int, int] | None) -> None:
    """TensorFlow 1.15 resizes 4 pixels to 2 as [x0, x2], TensorFlow 2 as [(x0 + x1) / 2, (x2 + x3) / 2]; both run Keras 2.3."""
    for setting in ({}, {"method": "nearest"}):
        with pytest.raises(Untranslatable, match="otherwise than 2"):
            call(Graph("3.15.1", set(), keras_minor=release), "tf.image.resize", (X, (3, 4)), setting)
    graph = Graph("3.15.1", set(), keras_minor=release)
    assert call(graph, "tf.image.resize", (X, (12, 8)), {"method": "nearest"}).shape == (None, 12, 8, 3)


def test_a_resize_of_tensorflow_2_is_one_of_keras() -> None:
    graph = Graph("3.15.1", set(), keras_minor=(2, 4))
    assert call(graph, "tf.image.resize", (X, (3, 4)), {}).shape == (None, 3, 4, 3)
    assert [node["class_name"] for node in graph.layers] == ["Resize"]


@pytest.mark.parametrize("release", [None, (2, 3), (2, 4)])
def test_a_condition_of_one_axis_chose_rows_in_tensorflow_1_alone(release: tuple[int, int] | None) -> None:
    """TensorFlow 1.14 takes whole rows; 2 spreads the condition along the last axis, which fails unless the batch is as long."""
    x, test = Tensor("x", 0, 0, (None, 4), "float32", True), Tensor("t", 0, 0, (None,), "bool", True)
    graph = Graph("3.15.1", set(), keras_minor=release)
    with pytest.raises(Untranslatable, match="condition of one axis"):
        call(graph, "K.switch", (test, x, x), {})
    if release == (2, 4):
        assert call(graph, "tf.where", (test, x, x), {}).rank == 2
    else:
        with pytest.raises(Untranslatable, match="otherwise than 2"):
            call(graph, "tf.where", (test, x, x), {})
    assert call(graph, "tf.where", (test, test, test), {}).rank == 1


@pytest.mark.parametrize(
    ("release", "step", "told"), [("3.15.1", 1, [1, 1]), ("3.15.1", 2, [2, 2]), ("3.0.5", 2, None), ("3.13.2", 2, None)]
)
def test_patches_beside_each_other_are_what_is_cut_without_strides(release: str, step: int, told: list[int] | None) -> None:
    assert patches(release, step) == told


@pytest.mark.parametrize("release", ["3.0.5", "3.13.2"])
def test_patches_with_strides_are_refused_for_releases_that_fail_on_them(release: str) -> None:
    """UnboundLocalError in compute_output_spec, until 3.13."""
    with pytest.raises(Untranslatable, match="no patches with strides"):
        patches(release, 1)


def patches(release: str, step: int) -> list[int] | None:
    """The strides that are written."""
    image, graph = Tensor("x", 0, 0, (None, 6, 6, 3), "float32", True), Graph(release, set(), keras_minor=(2, 15))
    words = {"sizes": [1, 2, 2, 1], "strides": [1, step, step, 1], "rates": [1, 1, 1, 1], "padding": "VALID"}
    call(graph, "tf.image.extract_patches", (image,), words)
    written: list[int] | None = graph.layers[0]["config"]["strides"]
    return written
