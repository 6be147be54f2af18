"""K201: a build_config that tells no shape, and marks the layer as built all the same."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from graphs import after, cured, functional, start

from kdoctor.document import ABSENT
from kdoctor.testing import document, examine, layer, model, sequential

INPUT = layer("InputLayer", name="input", batch_shape=[None, 6, 4])
STEPS = np.ones((1, 6, 4), "float32")
BUILDS = ([None, 8], {"a": 1}, "x", 5)


@pytest.mark.parametrize("stated", BUILDS)
@pytest.mark.parametrize(
    ("class_name", "config"),
    [("Dense", {"units": 3}), ("Conv1D", {"filters": 2, "kernel_size": 2}), ("BatchNormalization", {}), ("LSTM", {"units": 2})],
)
def test_it_is_left_out_where_the_layer_is_called(class_name: str, config: dict[str, Any], stated: Any) -> None:
    made = getattr(keras.layers, class_name).from_config(config)
    with pytest.raises((TypeError, AttributeError, ValueError)):
        fails(made, stated, STEPS)
    sick = model(INPUT, {**layer(class_name, name="one", **config), "build_config": stated})
    (finding,) = examine("K201", sick)
    healed = cured(sick, finding)
    assert healed.at(finding.at) is ABSENT
    assert examine("K201", healed) == []


@pytest.mark.parametrize("stated", [*BUILDS, {"input_shape": None}, {"input_shape": "x"}, {"input_shape": [None, 8]}])
def test_a_merging_layer_keeps_what_it_was_built_with(stated: Any) -> None:
    with pytest.raises((TypeError, AttributeError, ValueError)):
        fails(keras.layers.Add(), stated, [STEPS, STEPS])
    add = {**after(layer("Add", name="add"), "in", "in"), "build_config": stated}
    sick = document(functional(start(), add, outputs=[["add", 0, 0]]))
    (finding,) = examine("K201", sick)
    healed = cured(sick, finding)
    assert healed.at(finding.at.parent / "build_config") is ABSENT
    assert examine("K201", healed) == []


@pytest.mark.parametrize("stated", [*BUILDS, [], {}, None])
def test_a_layer_that_keeps_nothing_does_not_care(stated: Any) -> None:
    made = keras.layers.Dropout(0.5)
    if stated and not made.built:
        fails(made, stated, STEPS)
    assert examine("K201", document(sequential(INPUT, {**layer("Dropout", rate=0.5), "build_config": stated}))) == []


def fails(made: Any, stated: Any, given: Any) -> None:
    """What the reader of archives does, and a call."""
    made.build_from_config(stated)
    made.built = True
    made(given)
