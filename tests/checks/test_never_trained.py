"""A compiled model that was never trained has nothing to lose: its optimizer's counters are all there is (K503)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest

from kdoctor.archive import open_document
from kdoctor.target import Target
from kdoctor.testing import examine
from kdoctor.weights.optimizer import has_state


def schedule() -> Any:
    return keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.9)


OPTIMIZERS = {
    "rate": lambda: keras.optimizers.Adam(0.1),
    "schedule": lambda: keras.optimizers.Adam(schedule()),
    "scaled": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(0.1)),
    "scaled schedule": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(schedule())),
}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # Keras with TensorFlow's variables
@pytest.mark.parametrize("kind", ["keras", "h5"])
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_nothing_is_told_of_what_was_never_there(tmp_path: Path, optimizer: str, policy: str, kind: str) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, dtype="float32")])
        model.compile(OPTIMIZERS[optimizer](), "mean_squared_error")
    finally:
        keras.config.set_dtype_policy("float32")
    model.save(tmp_path / f"new.{kind}")
    document = open_document(tmp_path / f"new.{kind}")
    assert not has_state(document)
    assert examine("K503", document, Target("3.15.1")) == []


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_steps_that_a_schedule_goes_by_are_a_state(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
    model.compile(keras.optimizers.SGD(schedule()), "mean_squared_error")
    model.save(tmp_path / "new.keras")
    assert has_state(open_document(tmp_path / "new.keras"))
