"""K609 for a CategoryEncoding whose input ends in an axis of 1."""

from __future__ import annotations

import pytest
from graphs import cured

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential


def encoded(release: str, *, last: int = 1, mode: str = "one_hot") -> Document:
    start = layer("InputLayer", name="in", batch_shape=[None, last], dtype="int32")
    made = layer("CategoryEncoding", name="codes", num_tokens=3, output_mode=mode)
    return document(sequential(start, made), metadata={"keras_version": release})


@pytest.mark.parametrize(
    ("saved", "target", "word"), [("3.0.5", "3.15.1", "drops"), ("3.3.3", "3.4.0", "drops"), ("3.15.1", "3.0.5", "keeps")]
)
def test_an_axis_that_only_one_of_the_two_releases_drops_is_told(saved: str, target: str, word: str) -> None:
    (finding,) = examine("K609", encoded(saved), Target(target))
    assert word in finding.message
    assert (finding.repair is None) is (word == "drops")


def test_one_category_is_encoded_as_several_for_the_release_that_keeps_the_axis_and_no_more_of_more_axes() -> None:
    sick = encoded("3.15.1")
    (finding,) = examine("K609", sick, Target("3.0.5"))
    assert examine("K609", cured(sick, finding), Target("3.0.5")) == []
    start = layer("InputLayer", name="in", batch_shape=[None, 2, 1], dtype="int32")
    made = layer("CategoryEncoding", name="codes", num_tokens=3, output_mode="one_hot")
    (finding,) = examine("K609", document(sequential(start, made), metadata={"keras_version": "3.15.1"}), Target("3.0.5"))
    assert finding.repair is None


@pytest.mark.parametrize("healthy", [encoded("3.4.0"), encoded("2.15.0"), encoded("3.0.5", last=2), encoded("3.0.5", mode="multi_hot")])
def test_other_axes_modes_and_releases_are_healthy(healthy: Document) -> None:
    assert examine("K609", healthy) == []
