"""The layers of a config in any order, against what Keras makes of the file."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from rewriting import with_config

from kdoctor.archive import open_document
from kdoctor.structure.keras_order import Graph
from kdoctor.structure.sources import Source
from kdoctor.testing import examine
from kdoctor.weights.claims import claims

ABOUT_WEIGHTS = ("K701", "K702", "K703", "K705")


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves
@pytest.mark.parametrize("name", ["model.keras", "model.h5"])
def test_arrays_belong_to_the_layers_in_the_order_of_the_graph_not_of_the_config(tmp_path: Path, name: str) -> None:
    left, right = keras.Input((4,), name="left"), keras.Input((3,), name="right")
    deep = keras.layers.Dense(7, name="second")(keras.layers.Dense(6, name="first")(left))
    joined = keras.layers.Concatenate(name="joined")([deep, keras.layers.Dense(2, name="beside")(right)])
    made = keras.Model([left, right], keras.layers.Dense(1, name="end")(joined))
    path = tmp_path / name
    made.save(path)
    stored = [claim.name for claim in claims(open_document(path))]
    with_config(path, path, lambda config: config["config"]["layers"].reverse())
    found = open_document(path)
    assert [claim.name for claim in claims(found)] == stored == [each.name for each in made.layers]
    assert [finding for code in ABOUT_WEIGHTS for finding in examine(code, found)] == []
    given = [np.ones((2, 4)), np.ones((2, 3))]
    np.testing.assert_allclose(keras.saving.load_model(path).predict(given, verbose=0), made.predict(given, verbose=0), atol=1e-6)


def test_a_graph_that_names_a_layer_it_has_not_is_not_whole() -> None:
    graph = Graph({"in": (), "a": ((Source("in", 0, 0), Source("gone", 0, 0)),)})
    assert (graph.order([("a", 0)]), graph.whole) == (["in", "a"], False)


def test_calls_counted_from_one_are_those_from_zero() -> None:
    calls = {"in": (), "inner": ((Source("in", 0, 0),), (Source("mid", 0, 0),)), "mid": ((Source("inner", 1, 0),),)}
    graph = Graph(calls, frozenset({"inner"}))
    assert graph.order([graph.end(Source("inner", 2, 0), from_one=True)]) == ["in", "inner", "mid"]


def test_a_cut_model_begins_behind_what_it_takes() -> None:
    calls = {"in": (), "a": ((Source("in", 0, 0),),), "b": ((Source("a", 0, 0),),)}
    assert Graph(calls, begins=frozenset({("a", 0)})).order([("b", 0)]) == ["b"]
