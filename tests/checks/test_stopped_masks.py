"""K609: a Rescaling, Normalization, Identity or ReLU that handed no mask on in Keras 2, and does in Keras 3.

47 files of TensorFlow 2.3, 2.9 and 2.15 were cured and run in 3.15.1 (2026-11-23). Here the installed Keras saves models without masks, which are
written into the config: behind such a layer of Keras 2 nothing is masked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, functional, start
from keras import Input, Model, Sequential, layers
from rewriting import in_json, rewritten, saved_by
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask"),  # which is the cure
]

WORDS = numpy.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]])


def embedding() -> Any:
    return layers.Embedding(9, 4, embeddings_initializer=keras.initializers.RandomNormal(seed=2))


def graph(behind: Callable[[Any], Any]) -> Any:
    words = Input((5,), dtype="int32", name="words")
    return Model(words, behind(embedding()(words)))


def inner() -> Any:
    steps = Input((5, 4))
    return Model(steps, layers.GRU(3)(steps))


def attending(x: Any) -> Any:
    return layers.Flatten()(layers.MultiHeadAttention(2, 3)(x, x))


def scaling() -> Any:
    steps = Input((5, 4))
    return Model(steps, layers.GRU(3)(layers.Rescaling(2.0)(steps)))


MODELS: dict[str, Callable[[], Any]] = {
    "recurrent": lambda: graph(lambda x: layers.LSTM(3)(layers.Rescaling(2.0)(x))),
    "twice": lambda: graph(lambda x: layers.LSTM(3)((scaled := layers.Rescaling(2.0))(scaled(x)))),
    "model within": lambda: graph(lambda x: inner()(layers.Identity()(x))),
    "within a model": lambda: graph(lambda x: scaling()(layers.Dropout(0.1)(x))),
    "in a row within a model": lambda: graph(lambda x: Sequential([Input((5, 4)), layers.Rescaling(2.0), layers.GRU(3)])(x)),
    "within a row": lambda: Sequential([Input((5,), dtype="int32"), embedding(), scaling()]),
    "out of a model": lambda: graph(lambda x: layers.LSTM(3)(Model(steps := Input((5, 4)), layers.Rescaling(2.0)(steps))(x))),
    "out of a row": lambda: Sequential([Input((5,), dtype="int32"), embedding(), Sequential([layers.Rescaling(2.0)]), layers.LSTM(3)]),
    "out of a model into another": lambda: graph(lambda x: inner()(Sequential([Input((5, 4)), layers.Dense(4), layers.Identity()])(x))),
    "attention": lambda: graph(lambda x: attending(layers.Rescaling(2.0)(x))),
    "in a row": lambda: Sequential([Input((5,), dtype="int32"), embedding(), layers.Rescaling(2.0), layers.GRU(3)]),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_stops_masks_for_keras_2_stops_them_once_it_is_cured(name: str, tmp_path: Path) -> None:
    model, sick, out = MODELS[name](), tmp_path / "sick.keras", tmp_path / "fixed.keras"
    expected = numpy.asarray(model(WORDS))

    def masked(config: Any) -> None:
        for one in config["config"]["layers"]:
            if one["class_name"] == "Embedding":
                one["config"]["mask_zero"] = True

    model.save(sick)
    rewritten(sick, sick, {**saved_by("2.15.0"), "config.json": in_json(masked)})
    assert numpy.abs(numpy.asarray(keras.models.load_model(sick)(WORDS)) - expected).max() > 1e-5
    done = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert numpy.allclose(numpy.asarray(keras.models.load_model(out)(WORDS)), expected, atol=1e-6)


MASKED = layer("Embedding", name="words", input_dim=9, output_dim=4, mask_zero=True)
LSTM = layer("LSTM", name="out", units=2)


def joined(stopping: dict[str, Any], last: dict[str, Any] = LSTM, release: str = "2.15.0") -> Document:
    made = functional(start(), after(MASKED, "in"), after(stopping, "words"), after(last, stopping["config"]["name"]))
    return document(made, metadata={"keras_version": release})


def told(model: Document, target: Target | None = None) -> list[str | None]:
    found = examine("K609", model, target) if target else examine("K609", model)
    return [one.layer for one in found if "handed no mask on" in one.message]


RESCALING, RELU = layer("Rescaling", name="scaled", scale=2.0), layer("ReLU", name="positive")


def test_where_nothing_heeds_the_mask_nothing_changes() -> None:
    assert told(joined(RESCALING)) == ["scaled"]
    assert told(joined(RESCALING, layer("Flatten", name="out"))) == []


def test_a_relu_handed_masks_on_since_tensorflow_2_6() -> None:
    assert told(joined(RELU, release="2.4.0")) == ["positive"]
    assert told(joined(RELU, release="2.6.0")) == []


def test_a_file_of_keras_3_or_for_keras_2_is_as_it_was() -> None:
    assert told(joined(RESCALING, release="3.0.5")) == []
    assert told(joined(RESCALING), Target("2.15.0")) == []


def test_in_a_sequential_the_first_that_stops_a_mask_is_named() -> None:
    second = layer("Normalization", name="second")
    row = document(sequential(MASKED, RESCALING, second, LSTM), metadata={"keras_version": "2.15.0"})
    assert told(row) == ["scaled"]
    plain = document(sequential(MASKED, RESCALING, layer("Flatten", name="flat")), metadata={"keras_version": "2.15.0"})
    assert told(plain) == []
    again = document(sequential(MASKED, RESCALING, layer("Masking", name="again"), LSTM), metadata={"keras_version": "2.15.0"})
    assert told(again) == []
