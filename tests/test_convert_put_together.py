"""A model of the user's own class, put together from its graph, goes from an ``.h5`` to an archive."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from typer.testing import CliRunner

from kdoctor.cli.app import app

SOURCE = """
import keras

@keras.saving.register_keras_serializable(package="mine")
class Trained(keras.Model):
    def train_step(self, *given):
        return super().train_step(*given)

@keras.saving.register_keras_serializable(package="mine")
class Layered(keras.Model):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.backbone = self.layers[-1]
"""
MODULE = "put_together_by_kdoctor"
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module, which stands where ``--custom`` reads it; Keras forgets its classes when the test is over."""
    (tmp_path / f"{MODULE}.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    known = keras.saving.get_custom_objects()
    before = dict(known)
    yield importlib.import_module(MODULE)
    known.clear()
    known.update(before)
    sys.modules.pop(MODULE, None)


def converted(model: Any, folder: Path) -> tuple[int, Path]:
    model.save(folder / "m.h5")
    options = ["--to", "keras", "--custom", str(folder / f"{MODULE}.py"), "-o", str(folder / "out.keras")]
    return CliRunner().invoke(app, ["convert", str(folder / "m.h5"), *options]).exit_code, folder / "out.keras"


def graph(made: Any) -> Any:
    given = keras.Input((4,), name="given")
    hidden = keras.layers.Dense(3, activation="tanh", name="hidden")(given)
    return made(given, keras.layers.Dense(2, name="last")(hidden), name="mine")


def test_its_arrays_are_those_of_its_layers(tmp_path: Path, mine: Any) -> None:
    """As 2.15.1 and 3.15.1 store one, which was converted and loaded."""
    model, x = graph(mine.Trained), numpy.linspace(-1, 1, 20, dtype="float32").reshape(5, 4)
    model.compile("adam", "mean_squared_error")
    model.fit(x, x[:, :2], verbose=0)
    code, out = converted(model, tmp_path)
    assert code == 0
    again = keras.saving.load_model(out)
    assert type(again) is mine.Trained
    numpy.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)
    for one in (model, again):
        one.fit(x, x[:, :2], verbose=0, shuffle=False)
    numpy.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)


def test_one_whose_constructor_may_keep_layers_elsewhere_is_refused(tmp_path: Path, mine: Any) -> None:
    """Keras saves the last layer under ``backbone`` then, not under ``layers``."""
    code, out = converted(graph(mine.Layered), tmp_path)
    assert code == 1
    assert not out.exists()
