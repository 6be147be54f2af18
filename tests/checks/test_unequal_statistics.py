"""K614: one variance for several means, saved by 2.11 and loaded in 2.15 and 3.15.1: sick and cured."""

from __future__ import annotations

from typing import Any

import keras
import numpy
import pytest
from graphs import cured

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import examine, layer, model


def stated(mean: Any, variance: Any) -> Document:
    shape = layer("InputLayer", name="in", batch_shape=[None, 2])
    return model(shape, layer("Normalization", name="scaled", axis=-1, mean=mean, variance=variance))


@pytest.mark.parametrize(
    ("mean", "variance", "written"),
    [
        ([0.0, 1.0], 2.0, {"variance": [2.0, 2.0]}),
        ([0.0, 1.0], [2.0], {"variance": [2.0, 2.0]}),
        (0.5, [2.0, 3.0], {"mean": [0.5, 0.5]}),
        ([0.5], [2.0, 3.0], {"mean": [0.5, 0.5]}),
    ],
)
def test_one_number_is_written_for_each(mean: Any, variance: Any, written: dict[str, Any]) -> None:
    sick = stated(mean, variance)
    (finding,) = examine("K614", sick)
    healthy = cured(sick, finding)
    assert examine("K614", healthy) == []
    config = {"mean": mean, "variance": variance, **written}
    with pytest.raises(ValueError, match="must have the same shape"):
        keras.layers.Normalization(mean=mean, variance=variance)
    made = keras.layers.Normalization(**config)(numpy.ones((1, 2), "float32"))
    assert numpy.allclose(made, (1 - numpy.array(mean)) / numpy.sqrt(numpy.array(variance)))
    assert stated(**config).config == healthy.config


def test_equal_ones_and_earlier_releases_are_left_alone() -> None:
    assert examine("K614", stated([0.0, 1.0], [2.0, 3.0])) == []
    assert examine("K614", stated(0.0, 1.0)) == []
    assert examine("K614", stated(None, None)) == []
    for release in ("2.15.0", "3.0.5", "3.13.0"):
        assert examine("K614", stated([0.0, 1.0], 2.0), Target(release)) == []


@pytest.mark.parametrize(("mean", "variance"), [(0.5, 4.0), ([0.5], [4.0]), (0.5, [4.0])])
def test_a_number_for_all_features_is_written_for_each_where_keras_lays_them_out(mean: Any, variance: Any) -> None:
    sick, early = stated(mean, variance), Target("3.3.3")
    (finding,) = examine("K614", sick, early)
    healthy = cured(sick, finding)
    assert examine("K614", healthy, early) == []
    config = healthy.config["config"]["layers"][1]["config"]
    assert (config["mean"], config["variance"]) == ([0.5, 0.5], [4.0, 4.0])
    assert examine("K614", stated(0.5, 4.0)) == []
