"""K201: a build_config that its layer cannot be built with, or after which it refuses what it is given; beside real Keras."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from rewriting import with_config

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.edit import apply
from kdoctor.testing import document, examine, layer, sequential

pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation", "ignore:Skipping nested container"
)  # of Keras, when it saves and loads
MAKERS: dict[str, tuple[tuple[int, ...], Callable[[], Any]]] = {
    "batch": ((6, 4), lambda: keras.layers.BatchNormalization()),
    "prelu": ((6, 4), lambda: keras.layers.PReLU()),
    "normalization": ((6, 4), lambda: keras.layers.Normalization()),
    "lstm": ((6, 4), lambda: keras.layers.LSTM(3)),
    "spectral": ((4,), lambda: keras.layers.SpectralNormalization(keras.layers.Dense(3))),
    "steps": ((6, 4), lambda: keras.layers.TimeDistributed(keras.layers.Dense(3))),
}
SHAPES: tuple[Any, ...] = ("(None, 6, 4)", [], [None, 4], [None, None, 6, 4], [None, 6, None], [None, 6, {}], [1.5, 6, 4], [None, 6, 5])


def saved(folder: Path, made: Any, built: Any) -> Path:
    """A model of one layer between an input and a Dense, whose build_config says that it was built with ``built``."""
    shape, make = made
    inputs = keras.Input(shape)
    model = keras.Model(inputs, keras.layers.Dense(2, name="last")(make()(inputs)))
    whole = folder / "whole.keras"
    model.save(whole)

    def another(config: Any) -> None:
        config["config"]["layers"][1]["build_config"] = {"input_shape": built}

    return with_config(whole, folder / "edited.keras", another)


def loads_alike(path: Path, shape: tuple[int, ...]) -> bool:
    """Whether Keras loads a file, which then computes what the whole one does."""
    batch = np.ones((2, *shape), "float32")
    whole = np.array(keras.models.load_model(path.with_name("whole.keras"))(batch))
    try:
        found = np.array(keras.models.load_model(path)(batch))
    except Exception:
        return False
    return found.shape == whole.shape and bool(np.allclose(found, whole, atol=1e-5))


@pytest.mark.parametrize("name", MAKERS)
def test_what_keras_refuses_is_named_and_what_it_takes_is_not(name: str, tmp_path: Path) -> None:
    shape = MAKERS[name][0]
    for built in SHAPES if len(shape) > 1 else ([None, 5], [None], [None, 4]):
        path = saved(tmp_path, MAKERS[name], built)
        document = open_document(path)
        found = [one for code in ("K201", "K206", "K702") for one in examine(code, document)]
        assert bool(found) != loads_alike(path, shape), (built, [one.message for one in found])


@pytest.mark.parametrize("built", [[None, 4], "(None, 6, 4)"])
def test_the_shape_that_the_layer_is_given_is_written_for_it(built: Any, tmp_path: Path) -> None:
    path = saved(tmp_path, MAKERS["batch"], built)
    document = open_document(path)
    (finding,) = examine("K201", document)
    assert finding.repair is not None
    healthy = apply(document, finding.repair.edits)
    assert [one for code in ("K201", "K206", "K702") for one in examine(code, healthy)] == []
    write_document(document, healthy, path.with_name("cured.keras"))
    assert loads_alike(path.with_name("cured.keras"), (6, 4))


def test_where_every_layer_contradicts_the_input_nothing_is_written(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.BatchNormalization(), keras.layers.PReLU()])
    model.save(tmp_path / "model.keras")
    document = open_document(tmp_path / "model.keras")
    config = json.loads(json.dumps(document.config))
    config["config"]["layers"][0]["config"]["batch_shape"] = [None, None, 4]
    found = examine("K201", document.replacing({**document.parts, "config": config}))
    assert len(found) > 1
    assert not any(one.repair for one in found if "was built with" in one.message)


def test_the_shapes_of_a_recurrent_layer_and_its_states_are_told_by_another_check() -> None:
    sick = Path(__file__).parent.parent.parent / "sample_models" / "sick" / "wrong_input_count__states__keras_2.keras"
    assert examine("K201", open_document(sick)) == []
    assert examine("K208", open_document(sick)) != []


def test_the_one_shape_of_an_attention_of_keras_2_is_left_out_and_needs_no_help() -> None:
    """Keras 2.15 states it so where the number of steps is open; K601 speaks of it."""
    heads = {**layer("MultiHeadAttention", name="heads", num_heads=2, key_dim=3), "build_config": {"input_shape": [None, None, 4]}}
    assert examine("K201", document(sequential(heads))) == []
    assert [found.repair is not None for found in examine("K601", document(sequential(heads)))] == [True]
