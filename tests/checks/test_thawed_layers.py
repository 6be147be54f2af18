"""Frozen layers that Keras trains once it has loaded them: what load_model and fit of the real Keras do, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest

from kdoctor.archive import open_document
from kdoctor.check import Finding
from kdoctor.doctor import plan_file
from kdoctor.document import Document, Format
from kdoctor.edit import apply
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

NEW, EARLY = Target("3.15.1"), Target("3.1.1")
TRAINING = Target("3.15.1", purpose="training")
X = numpy.linspace(-1, 1, 60, dtype="float32").reshape(3, 5, 4)


def with_frozen_attention() -> keras.Model:
    """A nested model in which a frozen attention comes before layers that are trained."""
    x = keras.Input((5, 4))
    attention = keras.layers.MultiHeadAttention(2, 2, name="attention")
    inner = keras.Model(x, keras.layers.Dense(4, name="dense")(attention(x, x)), name="inner")
    attention.trainable = False
    outer = keras.Input((5, 4))
    return keras.Model(outer, keras.layers.Dense(1)(inner(outer)))


def said(document: Document, target: Target) -> list[Finding]:
    return [finding for finding in examine("K609", document, target) if "frozen" in finding.message]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
def test_an_h5_with_a_frozen_attention_in_a_nested_model_does_not_load_and_is_cured(tmp_path: Path) -> None:
    model = with_frozen_attention()
    model.save(tmp_path / "sick.h5")
    with pytest.raises(ValueError, match="Shape mismatch in layer #0"):
        keras.saving.load_model(tmp_path / "sick.h5")
    (finding,) = said(open_document(tmp_path / "sick.h5"), NEW)
    assert finding.layer == "inner"
    assert finding.repair is not None
    assert finding.repair.native
    assert finding.keras_says is not None
    assert "Shape mismatch" in finding.keras_says
    result = carry_out(plan_file(tmp_path / "sick.h5", NEW, load_checks()), tmp_path / "sick.h5", Wish(tmp_path / "cured.keras"))
    assert result.out is not None
    numpy.testing.assert_allclose(keras.saving.load_model(result.out)(X), model(X), atol=1e-6)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
@pytest.mark.filterwarnings("ignore:Skipping variable loading for optimizer")
def test_keras_trains_what_is_frozen_and_it_is_said_for_training(tmp_path: Path) -> None:
    model = with_frozen_attention()
    model.compile("adam", "mean_squared_error")
    model.fit(X, X[:, :, :1], verbose=0)
    model.save(tmp_path / "saved.keras")
    loaded = keras.saving.load_model(tmp_path / "saved.keras")
    assert len(loaded.trainable_variables) == len(model.trainable_variables) + 8
    saved = open_document(tmp_path / "saved.keras")
    assert said(saved, NEW) == []
    (finding,) = said(saved, TRAINING)
    assert finding.layer == "attention"
    assert finding.mild
    (state,) = examine("K503", saved, TRAINING)
    assert f"the model's variables need {len(loaded.optimizer.variables)}" in state.message


def frozen(format: Format, **config: Any) -> Document:
    """A frozen Dense and BatchNormalization in a model within a model: until Keras 3.1 both are trained, and the averages come last."""
    inner = sequential(
        layer("InputLayer", batch_shape=[None, 4]),
        layer("BatchNormalization", name="normal", axis=-1, **config),
        layer("Dense", name="dense", units=4, **config),
        name="inner",
    )
    return document(sequential(layer("InputLayer", batch_shape=[None, 4]), inner), format=format, metadata={"keras_version": "3.15.1"})


def test_keras_3_1_thaws_every_layer() -> None:
    (finding,) = said(frozen(Format.H5_MODEL, trainable=False), EARLY)
    assert finding.layer == "inner"
    assert finding.repair is not None
    assert finding.repair.native
    (trained,) = said(frozen(Format.KERAS_ZIP, trainable=False), Target("3.1.1", purpose="training"))
    assert "'normal', 'dense'" in trained.message


@pytest.mark.parametrize("format", [Format.H5_MODEL, Format.KERAS_ZIP])
def test_nothing_is_said_of_layers_that_stay_frozen_or_never_were(format: Format) -> None:
    assert said(frozen(format, trainable=False), TRAINING) == []
    assert said(frozen(format), Target("3.1.1", purpose="training")) == []
    assert said(frozen(format, trainable=False), Target("2.15.0", purpose="training")) == []


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
def test_what_a_frozen_bidirectional_of_keras_2_wraps_is_frozen_too(tmp_path: Path) -> None:
    model = keras.Sequential(
        [keras.Input((5, 4)), keras.layers.Bidirectional(keras.layers.RNN(keras.layers.LSTMCell(2))), keras.layers.Dense(1)]
    )
    model.layers[0].trainable = False
    config = model.get_config()
    wrapped = config["layers"][1]["config"]
    for held in (wrapped["layer"], wrapped["backward_layer"]):
        held["config"]["trainable"] = held["config"]["cell"]["config"]["trainable"] = True  # as Keras 2 wrote them
    sick = document({"class_name": "Sequential", "config": config}, metadata={"keras_version": "2.15.0"})
    assert len(keras.Sequential.from_config(sick.config["config"]).trainable_variables) == 8
    assert said(sick, NEW) == []
    (finding,) = said(sick, TRAINING)
    assert finding.repair is not None
    cured = apply(sick, finding.repair.edits)
    assert len(keras.Sequential.from_config(cured.config["config"]).trainable_variables) == 2
    assert said(cured, TRAINING) == []
    (early,) = said(sick, Target("3.1.1", purpose="training"))
    assert early.repair is not None
    assert early.repair.edits == ()  # to say it to the layer inside is no use there
