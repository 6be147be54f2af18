"""K601: an argument that the target's constructor does not take."""

from __future__ import annotations

from kdoctor.document import Document
from kdoctor.edit import apply
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, model, sequential


def saved_by_keras_2(*layers: dict[str, object]) -> Document:
    return document(sequential(*layers), metadata={"keras_version": "2.15.0"})


def test_an_argument_that_means_nothing_is_dropped() -> None:
    sick = saved_by_keras_2(layer("DepthwiseConv2D", kernel_size=3, groups=1))
    (finding,) = examine("K601", sick)
    assert finding.message == "DepthwiseConv2D of Keras 3.15.1 takes no argument 'groups' (here 1)"
    assert "Unrecognized keyword arguments passed to DepthwiseConv2D: {'groups': 1}" in str(finding.keras_says)
    assert finding.repair is not None
    assert examine("K601", apply(sick, finding.repair.edits)) == []


def test_an_argument_with_a_meaning_is_reported_but_kept() -> None:
    (finding,) = examine("K601", saved_by_keras_2(layer("LSTM", units=3, time_major=True)))
    assert finding.repair is None


def test_every_argument_in_the_way_is_named_not_only_the_first() -> None:
    assert [finding.at.keys[-1] for finding in examine("K601", model(layer("Dense", units=3, wide=1, high=2)))] == ["wide", "high"]


def test_an_older_release_takes_fewer_arguments() -> None:
    recent = model(layer("Dense", units=3, quantization_config=None))
    assert examine("K601", recent) == []
    assert len(examine("K601", recent, Target("3.6.0"))) == 1


def test_what_the_constructor_takes_is_healthy() -> None:
    assert examine("K601", model(layer("Dense", units=3, activation="relu", trainable=True, dtype="float32"))) == []
