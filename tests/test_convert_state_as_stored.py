"""What an ``.h5`` of Keras 3 keeps of an optimizer beside slots goes into the archive: gathered gradients, and the product of a Nadam."""

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
from kdoctor.target import Target

X = numpy.linspace(-1, 1, 24, dtype="float32").reshape(8, 3)
NEW = Target("3.15.1")
GATHERING = {"use_ema": True, "gradient_accumulation_steps": 2}
OPTIMIZERS = {
    "gathered gradients": lambda: keras.optimizers.Adam(0.1, **GATHERING),
    "within a LossScaleOptimizer": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1, **GATHERING)),
    "product": lambda: keras.optimizers.Nadam(0.1),
}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
@pytest.mark.parametrize("kept", OPTIMIZERS)
def test_training_goes_on_with_what_an_h5_keeps(tmp_path: Path, kept: str) -> None:
    """Those of 3.9.2 and 3.15.1, of six optimizers, made the same three steps."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(OPTIMIZERS[kept](), "mean_squared_error")
    for _ in range(3):
        step(model)
    model.save(tmp_path / "old.h5")
    plan = convert_file(tmp_path / "old.h5", NEW, load_checks(), Container.KERAS)
    assert plan.notes == ()
    write_document(plan.before.document, plan.after.document, tmp_path / "new.keras")
    again = keras.models.load_model(tmp_path / "new.keras")
    for one in (model, again):
        step(one)
    for left, right in zip(model.optimizer.variables, again.optimizer.variables, strict=True):
        numpy.testing.assert_allclose(left.numpy(), right.numpy(), rtol=1e-5)


def step(model: Any) -> None:
    model.train_on_batch(X, X[:, :2])
