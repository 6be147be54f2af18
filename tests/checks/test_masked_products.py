"""K609: a Multiply, Maximum or Minimum of masked steps, which Keras 3.4 and later leave out of the values.

Today's Keras saves the models here, and the release that an archive states is changed: what an earlier one computed is the plain product.
108 files of 2.15 and 3.0.5 were run in 3.15.1 (2026-11-22): 78 are cured and compute the same, 30 need masks that no layer makes there.
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
from kdoctor.testing import document, examine, layer

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask"),  # which is what is tried
]

WORDS = numpy.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]])
PLAIN = {"Multiply": numpy.multiply, "Maximum": numpy.maximum, "Minimum": numpy.minimum}


def gated(name: str) -> tuple[Any, Any]:
    """Words that are masked and a gate that is not, and the two tensors that come together."""
    words = Input((5,), dtype="int32", name="words")
    first = layers.Embedding(9, 8, mask_zero=True, name="first", embeddings_initializer=keras.initializers.RandomUniform(-1, 1, seed=4))(
        words
    )
    second = layers.Reshape((5, 8), name="second")(layers.Rescaling(-2.0, name="twice")(first))
    made = getattr(layers, name)(name="product")([first, second])
    return Model(words, layers.Flatten(name="flat")(made)), Model(words, [first, second])


def said_by(model: Any, release: str, path: Path) -> Path:
    model.save(path)
    return rewritten(path, path, saved_by(release))


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_the_operation_counts_the_steps_that_earlier_releases_counted(name: str, tmp_path: Path) -> None:
    model, parts = gated(name)
    sick, out = said_by(model, "3.0.5", tmp_path / "sick.keras"), tmp_path / "fixed.keras"
    plain = PLAIN[name](*map(numpy.asarray, parts(WORDS))).reshape(2, -1)
    assert numpy.abs(numpy.asarray(keras.models.load_model(sick)(WORDS)) - plain).max() > 1e-3
    done = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert numpy.allclose(numpy.asarray(keras.models.load_model(out)(WORDS)), plain, atol=1e-6)


def graph(*behind: dict[str, Any], words: int = 1, release: str = "2.15.0") -> Document:
    embedding = [after(layer("Embedding", name=f"e{n}", input_dim=9, output_dim=4, mask_zero=True), "in") for n in range(words)]
    gate = [] if words > 1 else [after(layer("Dense", name="gate", units=4), "e0")]
    ends = ("e0", "e1") if words > 1 else ("e0", "gate")
    product = {**layer("Multiply", name="product"), "name": "product", "inbound_nodes": [[[end, 0, 0, {}] for end in ends]]}
    return document(functional(start(5), *embedding, *gate, product, *behind), metadata={"keras_version": release})


FLAT = after(layer("Flatten", name="out"), "product")
STEPS = after(layer("LSTM", name="out", units=2), "product")


def test_steps_that_are_skipped_behind_count_nowhere() -> None:
    assert examine("K609", graph(STEPS)) == []


def test_what_behind_it_heeds_another_mask_has_no_cure() -> None:
    pooled = after(layer("GlobalMaxPooling1D", name="pooled"), "product")
    findings = examine("K609", graph(pooled, {**STEPS, "config": {**STEPS["config"], "name": "lstm"}, "name": "lstm"}, words=1))
    assert [found.repair for found in findings] == [None]


@pytest.mark.parametrize(("name", "told"), [("Maximum", 0), ("Minimum", 0), ("Multiply", 1)])
def test_the_largest_of_a_tensor_and_itself_is_what_it_was(name: str, told: int) -> None:
    twice = after(layer(name, name="product"), "e0", "e0")
    words = after(layer("Embedding", name="e0", input_dim=9, output_dim=4, mask_zero=True), "in")
    model = document(functional(start(5), words, twice, FLAT), metadata={"keras_version": "3.0.5"})
    assert len(examine("K609", model)) == told


def test_the_release_that_counts_so_itself_is_healthy() -> None:
    assert examine("K609", graph(FLAT, release="3.4.1")) == []


def test_without_masks_a_product_is_a_product() -> None:
    plain = functional(start(5), after(layer("Dense", name="a", units=4), "in"), after(layer("Dense", name="b", units=4), "in"))
    product = {**layer("Multiply", name="product"), "name": "product", "inbound_nodes": [[["a", 0, 0, {}], ["b", 0, 0, {}]]]}
    plain["config"]["layers"] += [product, FLAT]
    assert examine("K609", document(plain, metadata={"keras_version": "2.15.0"})) == []
