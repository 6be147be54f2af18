"""A clipnorm of Keras 1 to 2.3, for those who go on training (K504)."""

from __future__ import annotations

from typing import Any

import keras
import numpy
import pytest
from graphs import cured

from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

TRAINING = Target("3.15.1", purpose="training")


def h5(release: str, **config: Any) -> Document:
    optimizer = {"class_name": "SGD", "config": {"learning_rate": 1.0, **config}}
    return document(
        sequential(layer("Dense")), format=Format.H5_MODEL, training={"optimizer_config": optimizer}, metadata={"keras_version": release}
    )


@pytest.mark.parametrize("release", ["1.2.2", "2.2.5", "2.3.1"])
def test_it_is_the_norm_of_all_gradients_together(release: str) -> None:
    """``clip_norm(g, self.clipnorm, norm)`` of 2.2.5, where the norm is that of all: by 13 here, of (3, 4) and 12."""
    sick = h5(release, clipnorm=1.0)
    assert examine("K504", sick) == []
    (finding,) = examine("K504", sick, TRAINING)
    healed = cured(sick, finding)
    assert examine("K504", healed, TRAINING) == []
    made = keras.optimizers.deserialize(healed.training["optimizer_config"])
    variables = [keras.Variable(numpy.zeros(2)), keras.Variable(numpy.zeros(()))]
    made.apply([keras.ops.array([3.0, 4.0]), keras.ops.array(12.0)], variables)
    assert numpy.allclose(variables[0].numpy(), [-3 / 13, -4 / 13])
    assert float(variables[1].numpy()) == pytest.approx(-12 / 13)


@pytest.mark.parametrize("release", ["2.2.4-tf", "2.4.0", "2.15.0", "3.0.5"])
def test_later_ones_clip_as_keras_3_does(release: str) -> None:
    assert examine("K504", h5(release, clipnorm=1.0), TRAINING) == []


@pytest.mark.parametrize("config", [{"clipnorm": None}, {"clipnorm": 0.0}, {}])
def test_what_clips_nothing_is_no_offence(config: dict[str, Any]) -> None:
    assert examine("K504", h5("2.2.5", **config), TRAINING) == []
