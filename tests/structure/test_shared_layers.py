"""Layers that stand in several models of one archive, as real Keras saves and loads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.doctor import examine_file
from kdoctor.packs import load_checks
from kdoctor.target import Target

INSTALLED = Target(keras.__version__)
QUIET = pytest.mark.filterwarnings("ignore:__array__ implementation")  # of Keras, when it saves


def autoencoder(between: Any = None) -> Any:
    """What every VAE looks like whose loss takes the codes: they stand in the encoder, and beside it."""
    given = keras.Input((4,), name="given")
    hidden = keras.layers.Dense(5, name="hidden", activation="relu")(given)
    code = keras.layers.Dense(3, name="code")(hidden if between is None else between(hidden))
    encoder = keras.Model(given, code, name="encoder")
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="decoded")], name="decoder")
    return keras.Model(given, keras.layers.Concatenate(name="both")([decoder(encoder(given)), code]))


def in_a_sequential() -> Any:
    given, one, two = keras.Input((4,), name="given"), keras.layers.Dense(5, name="one"), keras.layers.Dense(3, name="two")
    encoder = keras.Sequential([given, one, two], name="encoder")
    return keras.Model(given, [encoder(given), two(one(given))])


def met_outside_first() -> Any:
    given, one = keras.Input((4,), name="given"), keras.layers.Dense(5, name="one")
    encoder = keras.Model(given, one(given), name="encoder")
    return keras.Model(given, [encoder(given), keras.layers.Dense(2, name="two")(encoder.get_layer("one").output)])


def fed_something_else() -> Any:
    given, two = keras.Input((4,), name="given"), keras.layers.Dense(4, name="two")
    encoder = keras.Sequential([given, keras.layers.Dense(5, name="one"), keras.layers.Dense(4, name="last")], name="encoder")
    other = keras.Model(given, two(keras.layers.Dense(4, name="before")(given)), name="other")
    return keras.Model(given, [encoder(given), other(given), two(keras.layers.Dense(4, name="mine")(given))])


def in_three_models() -> Any:
    """One Dense in two nested models, each with an input of its own, and beside them."""
    shared, made = keras.layers.Dense(4, name="shared"), []
    for name, units in (("first", 2), ("second", 3)):
        own = keras.Input((4,))
        made.append(keras.Model(own, keras.layers.Dense(units)(shared(own)), name=name))
    given = keras.Input((4,), name="given")
    return keras.Model(given, keras.layers.Concatenate()([*(one(given) for one in made), shared(given)]))


def called_twice() -> Any:
    given, one, two = keras.Input((4,), name="given"), keras.layers.Dense(5, name="one"), keras.layers.Dense(3, name="two")
    encoder = keras.Model(given, [one(given), two(one(given))], name="encoder")
    return keras.Model(given, [encoder(given)[1], two(one(given))])


def without_weights() -> Any:
    """One object that doubles, in a nested model with an input of its own, and before it."""
    given, own, double = keras.Input((4,), name="given"), keras.Input((4,), name="own"), keras.layers.Rescaling(2.0, name="double")
    nested = keras.Model(own, keras.layers.Dense(4, name="one")(double(own)), name="nested")
    return keras.Model(given, nested(keras.layers.Dense(4, name="two")(double(keras.layers.Dense(4, name="three")(given)))))


def numbers(model: Any) -> list[Any]:
    given = np.random.default_rng(1).random((2, 4), dtype="float32")
    made = model(given)
    return [np.asarray(one) for one in (made if isinstance(made, (list, tuple)) else [made])]


def computes(path: Path, expected: list[Any]) -> bool:
    try:
        found = numbers(keras.saving.load_model(path))
    except (ValueError, TypeError):
        return False
    return all(np.allclose(one, other, atol=1e-6) for one, other in zip(found, expected, strict=True))


@QUIET
@pytest.mark.filterwarnings("ignore:Skipping nested container")  # of a load that is about to fail
@pytest.mark.parametrize(
    ("make", "curable"),
    [
        (autoencoder, True),
        (lambda: autoencoder(keras.layers.Dropout(0.5, name="between")), True),
        (lambda: autoencoder(keras.layers.BatchNormalization(name="between")), True),
        (in_a_sequential, True),
        (called_twice, True),
        (met_outside_first, None),
        (without_weights, True),
        (fed_something_else, False),
        (in_three_models, False),
    ],
    ids=[
        "autoencoder",
        "dropout",
        "normalization",
        "in a Sequential",
        "called twice",
        "met outside first",
        "without weights",
        "fed otherwise",
        "in three models",
    ],
)
def test_the_verdict_is_that_of_keras_and_the_cure_computes_what_was_saved(tmp_path: Path, make: Any, curable: bool | None) -> None:
    path, out = tmp_path / "model.keras", tmp_path / "cured.keras"
    model = make()
    model.save(path)
    expected = numbers(model)
    report = examine_file(path, INSTALLED, load_checks())
    assert report.loads is computes(path, expected) is (curable is None)
    if curable is None:
        return
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out)]).exit_code == (0 if curable else 1)
    assert out.exists() is curable
    assert [found.check.code for found in report.findings if str(found.severity) == "error"] == [
        "K604" if make is without_weights else "K701"
    ]
    if not curable:  # as one layer: as two it is
        assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out), "--unsafe"]).exit_code == 0
    assert computes(out, expected)
    assert examine_file(out, INSTALLED, load_checks()).loads
