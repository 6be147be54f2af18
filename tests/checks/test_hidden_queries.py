"""K609: a MultiHeadAttention that computes scores makes zeros of hidden steps since Keras 3.10, and made the mean of all values before.

Today's Keras saves the models here, and the release that an archive states is changed; without a dropout it still makes the mean.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, functional, start
from keras import Input, Model, layers
from rewriting import rewritten, saved_by
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask"),  # which is what is tried
]

WORDS = numpy.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]])


def attending(dropout: float) -> Any:
    words = Input((5,), dtype="int32", name="words")
    first = layers.Embedding(9, 4, mask_zero=True, name="first", embeddings_initializer=keras.initializers.RandomUniform(-1, 1, seed=4))
    heads = layers.MultiHeadAttention(2, 3, dropout=dropout, name="heads")
    x = first(words)
    return Model(words, layers.Flatten(name="flat")(layers.Add(name="sum")([x, heads(x, x)])))


def test_without_the_dropout_of_its_scores_the_mean_comes_back(tmp_path: Path) -> None:
    """The model without one is what an earlier Keras made of that with one."""
    model, plain = attending(0.2), attending(0.0)
    plain.set_weights(model.get_weights()[: len(plain.weights)])
    expected = numpy.asarray(plain(WORDS))
    model.save(tmp_path / "sick.keras")
    sick, out = rewritten(tmp_path / "sick.keras", tmp_path / "sick.keras", saved_by("3.9.2")), tmp_path / "fixed.keras"
    assert numpy.abs(numpy.asarray(keras.models.load_model(sick)(WORDS)) - expected).max() > 1e-3
    refused = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)])
    assert refused.exit_code == 1
    assert not out.exists()
    done = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out), "--unsafe"])
    assert done.exit_code == 0, done.output
    assert numpy.allclose(numpy.asarray(keras.models.load_model(out)(WORDS)), expected, atol=1e-6)


def heads(dropout: float = 0.0, **named: object) -> dict[str, Any]:
    made = after(layer("MultiHeadAttention", name="heads", num_heads=2, key_dim=3, dropout=dropout), "words")
    return {**made, "inbound_nodes": [[["words", 0, 0, {"value": ["words", 0, 0], **named}]]]}


def graph(attention: dict[str, Any], *behind: dict[str, Any], release: str = "2.15.0") -> Document:
    words = after(layer("Embedding", name="words", input_dim=9, output_dim=4, mask_zero=True), "in")
    return document(functional(start(), words, attention, *behind), metadata={"keras_version": release})


FLAT = after(layer("Flatten", name="out"), "heads")
POOLED = after(layer("GlobalAveragePooling1D", name="out"), "heads")
ZEROS = "makes zeros of the steps"


def told(model: Document, target: Target | None = None) -> list[str]:
    found = examine("K609", model, target) if target else examine("K609", model)
    return [one.message for one in found if "that a mask hides in" in one.message]


def test_scores_that_are_asked_for_have_no_cure() -> None:
    (finding,) = examine("K609", graph(heads(return_attention_scores=True), FLAT))
    assert ZEROS in finding.message
    assert finding.repair is None


def test_what_skips_the_hidden_steps_sees_no_difference() -> None:
    assert told(graph(heads(0.1), FLAT)) != []
    assert told(graph(heads(0.1), POOLED)) == []
    second = {**heads(0.0), "name": "out", "inbound_nodes": [[["heads", 0, 0, {"value": ["heads", 0, 0]}]]]}
    second["config"] = {**second["config"], "name": "again"}
    between = after({**second, "name": "again"}, "heads")
    between["inbound_nodes"] = second["inbound_nodes"]
    assert told(graph(heads(0.1), between, after(layer("GlobalAveragePooling1D", name="out"), "again"))) == []


def test_without_scores_or_from_a_release_that_makes_zeros_nothing_changes() -> None:
    assert told(graph(heads(), FLAT)) == []
    assert told(graph(heads(0.1), FLAT, release="3.10.0")) == []
    assert told(graph(heads(0.1), FLAT, release="2.9.0")) == []  # which passed over the mask: told by another sentence


def test_the_release_that_saves_zeros_is_told_apart_from_one_that_makes_the_mean() -> None:
    (message,) = told(graph(heads(0.1), FLAT, release="3.12.0"), Target("3.9.2"))
    assert "makes the mean of all values" in message
