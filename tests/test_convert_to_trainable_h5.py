"""An ``.h5`` for Keras 3 carries no state of an optimizer, with which Keras 3 cannot train it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy
import pytest

from kdoctor.archive.writing.write import write_document
from kdoctor.container import Container
from kdoctor.doctor import convert_file
from kdoctor.packs import load_checks
from kdoctor.target import Given, StateWish, Target

X = numpy.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
NEW = Target("3.15.1")


@pytest.fixture
def trained(tmp_path: Path) -> Any:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.Adam(0.1), "mean_squared_error")
    model.train_on_batch(X, X[:, :2])
    model.save(tmp_path / "model.keras")
    return model


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
def test_it_predicts_the_same_and_can_be_trained_where_that_of_keras_cannot(tmp_path: Path, trained: Any) -> None:
    trained.save(tmp_path / "own.h5")
    with pytest.raises(ValueError, match="Unknown variable"):
        keras.models.load_model(tmp_path / "own.h5").train_on_batch(X, X[:, :2])
    plan = convert_file(tmp_path / "model.keras", NEW, load_checks(), Container.H5)
    assert any("fit() of an .h5 fails in Keras 3" in note for note in plan.notes)
    write_document(plan.before.document, plan.after.document, tmp_path / "made.h5")
    again = keras.models.load_model(tmp_path / "made.h5")
    numpy.testing.assert_allclose(again.predict(X, verbose=0), trained.predict(X, verbose=0), rtol=1e-5)
    again.train_on_batch(X, X[:, :2])
    assert int(again.optimizer.iterations) == 1


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_whoever_wants_to_keep_the_state_is_refused_with_the_reason(tmp_path: Path, trained: Any) -> None:
    keep = Target("3.15.1", given=Given(state=StateWish.KEEP))
    assert "fit() of an .h5 fails in Keras 3" in convert_file(tmp_path / "model.keras", keep, load_checks(), Container.H5).refused
    assert not convert_file(tmp_path / "model.keras", Target("2.15.0"), load_checks(), Container.H5).notes
