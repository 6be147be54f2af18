"""Layers that compute in few bits within a TimeDistributed: real archives and real ``.h5`` files of Keras."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.cli.app import app
from kdoctor.testing import examine

pytestmark = pytest.mark.filterwarnings(
    "ignore:You are saving your model as an HDF5 file",
    "ignore:__array__ implementation",
    "ignore:Layer .* does not have a `quantize`",
)
WRAPPED = {
    "dense": lambda: layers.Dense(3),
    "no bias": lambda: layers.Dense(3, use_bias=False),
    "einsum": lambda: layers.EinsumDense("abc,cd->abd", output_shape=(4, 3), bias_axes="d"),
    "twice": lambda: layers.TimeDistributed(layers.Dense(3)),
}
MODELS = {
    "model": lambda: keras.Sequential([layers.Dense(3)]),
    "of one shape": lambda: keras.Sequential([layers.Dense(6), layers.Dense(6)]),
    "nested": lambda: keras.Sequential([keras.Sequential([layers.Dense(6)]), layers.BatchNormalization(), layers.Dense(6, use_bias=False)]),
}


def saved(path: Path, wrapped: keras.Layer, mode: str) -> tuple[np.ndarray, np.ndarray]:
    """A model quantized after it was made, its input and what it computes."""
    given = keras.Input((4, 6) if isinstance(wrapped, keras.Model) else (2, 4, 6))
    model = keras.Model(given, layers.TimeDistributed(wrapped)(given))
    model.quantize(mode)
    model.save(path)
    numbers = np.random.RandomState(0).rand(5, *given.shape[1:]).astype("float32")
    return numbers, model.predict(numbers, verbose=0)


@pytest.mark.parametrize("make", [*WRAPPED.values(), *MODELS.values()], ids=[*WRAPPED, *MODELS])
def test_the_arrays_of_float8_in_an_h5_are_listed_as_keras_makes_them(tmp_path: Path, make: Callable[[], keras.Layer]) -> None:
    path, out = tmp_path / "model.h5", tmp_path / "cured.h5"
    numbers, expected = saved(path, make(), "float8")
    with pytest.raises(ValueError, match="Shape mismatch in layer"):
        keras.saving.load_model(path)
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out)]).exit_code == 0
    assert np.allclose(keras.saving.load_model(out).predict(numbers, verbose=0), expected, atol=1e-6)


@pytest.mark.parametrize("suffix", ["keras", "h5"])
@pytest.mark.parametrize("make", [*WRAPPED.values(), *MODELS.values()], ids=[*WRAPPED, *MODELS])
def test_whole_numbers_of_a_wrapped_layer_have_their_scale(tmp_path: Path, make: Callable[[], keras.Layer], suffix: str) -> None:
    path = tmp_path / f"model.{suffix}"
    numbers, expected = saved(path, make(), "int8")
    assert np.allclose(keras.saving.load_model(path).predict(numbers, verbose=0), expected, atol=1e-6)
    document = open_document(path)
    assert [finding for code in ("K702", "K705") for finding in examine(code, document)] == []
