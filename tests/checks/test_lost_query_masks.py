"""K609: the query_mask that files of Keras 3.0 to 3.7 state, at which Keras 3.8 and later do not look.

Today's Keras saves the models here, and the release that an archive states is changed: what the earlier one computed is that of a model whose
attention is told the mask as its attention_mask.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import after, functional, start
from keras import Input, Model, layers, ops
from rewriting import rewritten, saved_by, with_config
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.cli.app import app
from kdoctor.engine import examine
from kdoctor.packs import load_checks
from kdoctor.structure.layers import layers as layers_in
from kdoctor.target import Target
from kdoctor.testing import document, layer
from kdoctor.testing import examine as in_document

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:Layer .* was passed an input with a mask"),  # which is what is tried
]

MASKS = ("query_mask", "value_mask")
WORDS = numpy.array([[1, 2, 3, 0, 0], [4, 5, 0, 0, 0]])


def encoder(behind: Any, dropout: float = 0.0, told: bool = False) -> Any:
    """Two blocks, whose attentions state their masks as Keras 3.4 to 3.7 wrote them, or are told both as one."""
    words = Input((5,), dtype="int32", name="words")
    keras.utils.set_random_seed(7)
    x = layers.Embedding(9, 4, mask_zero=True, name="embedding", embeddings_initializer=keras.initializers.RandomUniform(-1, 1))(words)
    shown = ops.not_equal(words, 0)
    square = ops.logical_and(ops.expand_dims(shown, 2), ops.expand_dims(shown, 1))
    for number in range(2):
        heads = layers.MultiHeadAttention(2, 3, dropout=dropout, name=f"heads_{number}")
        x = layers.Add(name=f"sum_{number}")([x, heads(x, x, **({"attention_mask": square} if told else dict.fromkeys(MASKS, shown)))])
    return Model(words, behind(x))


def saved(model: Any, folder: Path, release: str) -> Path:
    """As that Keras saved it: until 3.3 the second attention states no masks."""
    model.save(folder / "saved.keras")
    path = rewritten(folder / "saved.keras", folder / "saved.keras", saved_by(release))
    return path if release >= "3.4" else with_config(path, path, _states_none)


def _states_none(config: Any) -> None:
    second = next(item for item in config["config"]["layers"] if item["config"]["name"] == "heads_1")
    second["inbound_nodes"][0]["kwargs"].update(dict.fromkeys(MASKS))


def found(path: Path, release: str = "3.15.1") -> list[str | None]:
    report = examine(open_document(path), Target(release), load_checks())
    return [one.finding.layer for one in report.errors if one.check.code == "K609"]


@pytest.mark.parametrize("release", ["3.4.1", "3.7.0"])
def test_the_mask_of_the_queries_is_handed_over(tmp_path: Path, release: str) -> None:
    path, out = saved(encoder(layers.Flatten(name="flat")), tmp_path, release), tmp_path / "fixed.keras"
    expected = numpy.asarray(encoder(layers.Flatten(name="flat"), told=True)(WORDS))
    assert found(path) == ["heads_1"]
    assert numpy.abs(numpy.asarray(keras.models.load_model(path)(WORDS)) - expected).max() > 1e-3
    done = CliRunner().invoke(app, ["fix", str(path), "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert numpy.allclose(numpy.asarray(keras.models.load_model(out)(WORDS)), expected, atol=1e-6)


def test_since_keras_3_8_nothing_changes(tmp_path: Path) -> None:
    assert found(saved(encoder(layers.Flatten()), tmp_path, "3.8.0")) == []


def test_for_keras_3_7_nothing_changes(tmp_path: Path) -> None:
    path = saved(encoder(layers.Flatten()), tmp_path, "3.7.0")
    assert found(path, "3.7.0") == []


def test_a_file_of_keras_3_8_heeds_no_mask_for_keras_3_7_either(tmp_path: Path) -> None:
    """Fourteen of forty Transformers of 3.8.0 with masks computed something else in 3.5.0, and the same once they were cured (2026-11-23)."""
    path, out = saved(encoder(layers.Flatten(name="flat")), tmp_path, "3.8.0"), tmp_path / "fixed.keras"
    assert found(path, "3.7.0") == ["heads_1"]
    done = CliRunner().invoke(app, ["fix", str(path), "-o", str(out), "--target", "keras==3.7.0"])
    assert done.exit_code == 0, done.output
    assert found(out, "3.7.0") == []
    assert "sum_0_unmasked" in {layer.name for layer in layers_in(open_document(out))}
    both = (numpy.asarray(keras.models.load_model(file)(WORDS)) for file in (path, out))
    assert numpy.allclose(*both, atol=1e-6)


def test_a_mask_that_goes_into_a_nested_model_is_told_for_keras_3_7() -> None:
    inside = (start("x"), heads("first", "x"), added("sum", "x", "first"), heads("second", "sum"))
    words = (start(), after(layer("Embedding", name="words", input_dim=9, output_dim=4, mask_zero=True), "in"))
    nested = functional(*inside, inputs=(("x", 0, 0),), outputs=(("second", 0, 0),), name="encoder")
    model = document(functional(*words, after(nested, "words"), outputs=(("encoder", 0, 0),)), metadata={"keras_version": "3.8.0"})
    assert [one.layer for one in in_document("K609", model, Target("3.7.0"))] == ["second"]
    assert in_document("K609", model, Target("3.9.0")) == []


def test_what_skips_the_hidden_steps_computes_the_same(tmp_path: Path) -> None:
    assert found(saved(encoder(layers.GlobalAveragePooling1D()), tmp_path, "3.7.0")) == []


def test_scores_of_hidden_steps_are_zeros_now_and_have_no_cure(tmp_path: Path) -> None:
    path = saved(encoder(layers.Flatten(), dropout=0.1), tmp_path, "3.7.0")
    assert "heads_1" in found(path)
    done = CliRunner().invoke(app, ["fix", str(path), "-o", str(tmp_path / "fixed.keras")])
    assert done.exit_code == 1


@pytest.mark.parametrize(("release", "accused"), [("3.3.3", []), ("3.4.1", ["heads_1"])])
def test_before_keras_3_4_a_sum_handed_no_mask_on(tmp_path: Path, release: str, accused: list[str]) -> None:
    """That Keras stated none behind the sum, and while the model runs in today's there is none either: the attention took it away."""
    assert found(saved(encoder(layers.Flatten()), tmp_path, release)) == accused


def test_a_mask_that_goes_into_a_nested_model_is_told() -> None:
    """Run in 3.7.0 and 3.15.1: the second attention of a nested encoder attends to hidden steps, and the words' mask is stated nowhere."""
    inside = (start("x"), heads("first", "x"), added("sum", "x", "first"), heads("second", "sum"))
    words = (start(), after(layer("Embedding", name="words", input_dim=9, output_dim=4, mask_zero=True), "in"))
    nested = functional(*inside, inputs=(("x", 0, 0),), outputs=(("second", 0, 0),), name="encoder")
    for mask_zero, expected in ((True, ["second"]), (False, [])):
        words[1]["config"]["mask_zero"] = mask_zero
        model = functional(*words, after(nested, "words"), outputs=(("encoder", 0, 0),))
        for release, told in (("3.7.0", expected), ("3.8.0", [])):
            sick = document(model, metadata={"keras_version": release})
            assert [one.layer for one in in_document("K609", sick)] == told


def heads(name: str, of: str) -> dict[str, Any]:
    made = after(layer("MultiHeadAttention", name=name, num_heads=2, key_dim=3), of)
    return {**made, "inbound_nodes": [[[of, 0, 0, {"value": [of, 0, 0]}]]]}


def added(name: str, *of: str) -> dict[str, Any]:
    return after(layer("Add", name=name), *of)
