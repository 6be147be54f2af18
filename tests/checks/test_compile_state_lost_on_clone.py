"""K505: what scikit-learn's wrappers keep of a model."""

from __future__ import annotations

from typing import Any

import pytest

from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import KERAS_3, document, examine, layer, sequential

ADAM = {"module": "keras.optimizers", "class_name": "Adam", "config": {"learning_rate": 0.001}, "registered_name": None}
COMPILED = {"optimizer": ADAM, "loss": "categorical_crossentropy"}


def stored(training: Any = None, **last: Any) -> Document:
    head = layer("Dense", **{"units": 3, "activation": "softmax", **last})
    return document(sequential(layer("InputLayer", batch_shape=[None, 4]), head), training=training)


def says(found: Document, release: str = "3.15.1") -> str:
    (finding,) = examine("K505", found, Target(release, purpose="sklearn"))
    return finding.message


@pytest.mark.parametrize("training", [None, COMPILED])
def test_nobody_is_told_who_did_not_ask(training: Any) -> None:
    assert examine("K505", stored(training), KERAS_3) == []
    assert examine("K505", stored(training), Target("3.15.1", purpose="training")) == []


def test_a_compiled_model_fits_and_loses_its_weights() -> None:
    assert says(stored(COMPILED)).startswith("SKLearnClassifier(model).fit works with what load_model returns")


def test_an_uncompiled_model_is_refused() -> None:
    assert says(stored()).startswith("SKLearnClassifier(model) is refused: the model is not compiled")


def test_keras_3_8_refuses_every_model() -> None:
    assert "the clone that Keras 3.8.0 trains is not compiled" in says(stored(COMPILED), "3.8.0")


@pytest.mark.parametrize("release", ["3.7.0", "3.0.5", "2.15.0"])
def test_earlier_releases_have_no_wrappers(release: str) -> None:
    assert "they came with Keras 3.8" in says(stored(COMPILED), release)


def test_a_model_of_numbers_is_for_the_regressor() -> None:
    assert "SKLearnRegressor" in says(stored(None, units=1, activation="linear"))


def test_one_unit_for_two_classes_is_told() -> None:
    assert "needs a unit for each" in says(stored(None, units=1, activation="sigmoid"))
    compiled = says(stored({**COMPILED, "loss": "binary_crossentropy"}, units=1, activation="sigmoid"))
    assert compiled.startswith("SKLearnRegressor(model).fit works")


def test_a_sparse_loss_is_refused_and_the_function_takes_another() -> None:
    for loss in ("sparse_categorical_crossentropy", {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": False}}):
        assert "its loss is sparse" in says(stored({**COMPILED, "loss": loss}))


@pytest.mark.parametrize("training", [{**COMPILED, "loss": "mse"}, {**COMPILED, "loss": "mean_absolute_error"}])
def test_a_regressor_of_several_numbers_is_refused(training: Any) -> None:
    said = says(stored(training, units=2, activation="linear"))
    assert said.startswith("SKLearnRegressor of Keras 3.15.1 does not take this model: it computes 2 numbers for each row")
    assert says(stored(training, units=1, activation="linear")).startswith("SKLearnRegressor(model).fit works")


def test_softmax_is_for_the_classifier_whatever_the_loss() -> None:
    assert says(stored({**COMPILED, "loss": "kl_divergence"})).startswith("SKLearnClassifier(model).fit works")


def test_a_model_of_images_is_refused() -> None:
    images = sequential(layer("InputLayer", batch_shape=[None, 8, 8, 1]), layer("Flatten"), layer("Dense", units=3, activation="softmax"))
    assert "takes an X of 4 axes" in says(document(images, training=COMPILED))


def test_weights_alone_are_no_model() -> None:
    weights = Document(Format.H5_WEIGHTS, {"weights": {}})
    assert examine("K505", weights, Target("3.15.1", purpose="sklearn")) == []
