"""K609: masks that an attention behind another one does not get since Keras 3.8, which takes them from the tensors that it is given.

Today's Keras saves the models here, and the release that an archive states is changed; what Keras 2 computed is what a mask computes that is told by
hand. 26 files of 2.15 (encoders, decoders, attentions side by side) were run in 3.15.1 (2026-11-22): 24 compute the same, 2 are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, functional, start
from keras import Input, Model, layers, ops
from rewriting import rewritten, saved_by
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # NumPy 2 says it of what Keras makes

WORDS = numpy.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0], [1, 2, 3, 4, 5]])


def blocks(attend: list[Any], norms: list[Any], made: Any, mask: Any, side_by_side: bool) -> Any:
    """Two attentions to words behind each other, or side by side."""
    told = {} if mask is None else {"attention_mask": mask}
    if side_by_side:
        return layers.Add(name="sum")([attend[0](made, made, **told), attend[1](made, made, **told)])
    for number, (one, norm) in enumerate(zip(attend, norms, strict=True)):
        made = norm(layers.Add(name=f"add{number}")([made, one(made, made, **told)]))
    return made


def both(side_by_side: bool) -> tuple[Any, Any]:
    """A model of masked words, and the one with the same layers that is told every mask."""
    attend = [layers.MultiHeadAttention(2, 3, name=f"attend{number}") for number in range(2)]
    norms = [layers.LayerNormalization(name=f"norm{number}") for number in range(2)]
    words = Input((5,), dtype="int32", name="words")
    masked = layers.Embedding(9, 4, mask_zero=True, name="words_of", embeddings_initializer=keras.initializers.RandomNormal(seed=3))
    made = masked(words)
    shown = ops.not_equal(words, 0)
    square = ops.logical_and(ops.expand_dims(shown, 2), ops.expand_dims(shown, 1))
    pool: Callable[..., Any] = layers.GlobalAveragePooling1D(name="pool")
    plain = Model(words, pool(blocks(attend, norms, made, None, side_by_side)))
    return plain, Model(words, pool(blocks(attend, norms, made, square, side_by_side), mask=shown))


@pytest.mark.parametrize("side_by_side", [False, True])
def test_the_masks_are_handed_over(tmp_path: Path, side_by_side: bool) -> None:
    plain, told = both(side_by_side)
    sick, out = tmp_path / "sick.keras", tmp_path / "cured.keras"
    plain.save(sick)
    rewritten(sick, sick, saved_by("2.15.0"))
    meant = told.predict(WORDS, verbose=0)
    assert numpy.abs(keras.saving.load_model(sick).predict(WORDS, verbose=0) - meant).max() > 1e-4
    ended = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)])
    assert "K609 hand the masks over as attention_mask" in ended.stdout
    assert numpy.abs(keras.saving.load_model(out).predict(WORDS, verbose=0) - meant).max() < 1e-6


def attention(name: str, query: str, value: str, **more: Any) -> dict[str, Any]:
    made = layer("MultiHeadAttention", name=name, num_heads=1, key_dim=2)
    return {**made, "name": name, "inbound_nodes": [[[query, 0, 0, {"value": [value, 0, 0], **more}]]]}


EMBEDDING = after(layer("Embedding", name="e", input_dim=9, output_dim=4, mask_zero=True), "in")
FIRST, SECOND = attention("first", "e", "e"), attention("second", "sum", "sum")
SUM = after(layer("Add", name="sum"), "e", "first")
OUT = after(layer("GlobalAveragePooling1D", name="out"), "second")


def graph(*behind: dict[str, Any], release: str = "2.15.0") -> Document:
    return document(functional(start(), EMBEDDING, *behind), metadata={"keras_version": release})


def lost(made: Document, target: str = "3.15.1") -> list[str | None]:
    return [found.layer for found in examine("K609", made, Target(target)) if "attends to hidden steps" in found.message]


def test_it_is_the_second_that_loses_them_since_3_8() -> None:
    assert lost(graph(FIRST, SUM, SECOND, OUT)) == lost(graph(FIRST, SUM, SECOND, OUT), "3.8.0") == ["second"]
    assert lost(graph(FIRST, SUM, SECOND, OUT), "3.7.0") == []


@pytest.mark.parametrize("release", ["3.3.3", "2.9.0"])
def test_a_file_of_keras_3_states_its_masks_and_tf_2_9_had_none_there(release: str) -> None:
    assert lost(graph(FIRST, SUM, SECOND, OUT, release=release)) == []


def test_an_attention_to_something_normalized_takes_nothing_from_what_is_added() -> None:
    norm = after(layer("LayerNormalization", name="norm"), "e")
    assert lost(graph(norm, attention("first", "norm", "norm"), SUM, SECOND, OUT)) == []


def test_a_dropout_returns_the_tensor_that_it_was_given() -> None:
    drop = after(layer("Dropout", name="drop", rate=0.1), "e")
    assert lost(graph(drop, attention("first", "drop", "drop"), SUM, SECOND, OUT)) == ["second"]


def test_a_call_with_a_mask_of_its_own_has_no_cure() -> None:
    told = attention("second", "sum", "sum", attention_mask=["in", 0, 0])
    (found,) = [one for one in examine("K609", graph(FIRST, SUM, told, OUT)) if "attends to hidden steps" in one.message]
    assert (found.repair, [need.flag for need in found.needs]) == (None, ["FILE"])
