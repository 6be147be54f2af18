"""K609: a nested Normalization in an .h5, saved and loaded by today's Keras. In 3.0.5 one of the outermost model was run by hand, too."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy
import pytest
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.cli.app import app
from kdoctor.target import Target
from kdoctor.testing import examine

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # NumPy 2 says it of what Keras makes

ROWS = numpy.array([[1.0, 2.0], [3.0, 5.0], [4.0, 9.0]], "float32")


def learned(**told: object) -> keras.Model:
    """A model of one Normalization that has seen the rows, or was told what it computes with."""
    given, normal = keras.Input((2,)), keras.layers.Normalization(name="normal", **told)
    if not told:
        normal.adapt(ROWS)
    return keras.Model(given, normal(given), name="inner")


def around(inner: keras.Model) -> keras.Model:
    given = keras.Input((2,))
    return keras.Model(given, inner(given))


def saved(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


def test_what_a_nested_one_has_learned_is_forgotten_in_an_h5_and_not_in_what_is_written_of_it(tmp_path: Path) -> None:
    whole = around(learned())
    sick, out = saved(whole, tmp_path / "sick.h5"), tmp_path / "cured.keras"
    meant = whole.predict(ROWS, verbose=0)
    assert numpy.abs(keras.saving.load_model(sick).predict(ROWS, verbose=0) - meant).max() > 0.1
    (finding,) = examine("K609", open_document(sick))
    assert finding.layer == "normal"
    ended = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)])
    assert ended.exit_code == 0, ended.stdout
    assert numpy.abs(keras.saving.load_model(out).predict(ROWS, verbose=0) - meant).max() < 1e-6


def test_one_of_the_outermost_model_is_read_since_3_6(tmp_path: Path) -> None:
    healthy = saved(learned(), tmp_path / "healthy.h5")
    assert numpy.abs(keras.saving.load_model(healthy).predict(ROWS, verbose=0).mean()) < 1e-6
    assert examine("K609", open_document(healthy)) == []
    assert len(examine("K609", open_document(healthy), Target("3.5.0"))) == 1
    assert examine("K609", open_document(healthy), Target("2.15.0")) == []


def test_what_a_config_says_is_not_forgotten_nor_is_anything_in_an_archive(tmp_path: Path) -> None:
    told = saved(around(learned(mean=[1.0, 2.0], variance=[1.0, 4.0])), tmp_path / "told.h5")
    assert examine("K609", open_document(told)) == []
    assert examine("K609", open_document(saved(around(learned()), tmp_path / "healthy.keras"))) == []
