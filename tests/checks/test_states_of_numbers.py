"""K610: states that Keras 2 saved as numbers. Files of 2.15 (LSTM, GRU, Bidirectional; .keras and .h5) came out right to 6e-8 in 3.15.1."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import keras
import numpy
import pytest
from graphs import after, cured, functional

from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

ONES, ZEROS = [[1.0, 1.0], [1.0, 1.0]], [[0.0, 0.0], [0.0, 0.0]]
BEGIN = {**layer("InputLayer", name="in", batch_shape=[2, 4, 3]), "name": "in", "inbound_nodes": []}


def begun(made: dict[str, Any], states: Any) -> Document:
    row = after(made, "in")
    row["inbound_nodes"][0][0][3]["initial_state"] = states
    return document(functional(BEGIN, row))


def made(found: Document) -> Any:
    return keras.Model.from_config(deepcopy(found.config["config"]))  # which takes it to pieces


def recurrent(class_name: str) -> dict[str, Any]:
    if class_name != "Bidirectional":
        return layer(class_name, name="out", units=2)
    return layer(class_name, name="out", layer=layer("GRU", name="inner", units=2))


@pytest.mark.parametrize(("class_name", "states"), [("LSTM", [ONES, ZEROS]), ("GRU", [ONES]), ("Bidirectional", [ONES, ZEROS])])
def test_states_of_numbers_become_tensors(class_name: str, states: list[Any]) -> None:
    sick = begun(recurrent(class_name), states)
    given = numpy.random.default_rng(1).normal(size=(2, 4, 3)).astype("float32")
    with pytest.raises(ValueError, match="Exception encountered when calling"):
        made(sick).predict(given, verbose=0)
    (finding,) = examine("K610", sick)
    healthy = cured(sick, finding)
    assert examine("K610", healthy) == []
    loaded = made(healthy)
    expected = loaded.layers[-1](given, initial_state=[keras.ops.convert_to_tensor(one) for one in states])
    assert numpy.allclose(loaded.predict(given, verbose=0), expected, atol=1e-6)


@pytest.mark.parametrize("states", [None, [], [ONES, ZEROS, ONES], [[1.0, 1.0]], "ones", [["a"], ["b"]], [["in", 0, 0], ["in", 0, 0]]])
def test_what_is_no_batch_of_states_is_left_to_others(states: Any) -> None:
    assert examine("K610", begun(recurrent("LSTM"), states)) == []


def test_keras_2_and_other_layers_are_none_of_this() -> None:
    assert examine("K610", begun(recurrent("LSTM"), [ONES, ZEROS]), Target("2.15.0")) == []
    assert examine("K610", begun(layer("Dense", name="out", units=2), [ONES, ZEROS])) == []
