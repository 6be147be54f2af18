"""What is lost of a layer's whole numbers (int8, int4) shows in the predictions of real Keras: they cannot be NaN, their scale can."""

from __future__ import annotations

from operator import methodcaller
from pathlib import Path

import numpy as np
import pytest
from test_salvage import arrays, partial, without


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file", "ignore:__array__ implementation")
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_what_a_quantized_layer_has_lost_shows_in_the_predictions(mode: str, suffix: str, tmp_path: Path) -> None:
    import keras

    layers = [keras.layers.Embedding(9, 6), keras.layers.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d"), keras.layers.Dense(3)]
    made = keras.Sequential([keras.Input((4,), dtype="int32"), *layers])
    for layer in made.layers:
        layer.quantize(mode)
    made.save(tmp_path / f"whole{suffix}")
    stored = [path for path in arrays(tmp_path / f"whole{suffix}") if "seed" not in path]
    assert len(stored) == len(made.weights)
    out = tmp_path / f"out{suffix}"
    for path in stored:
        sick = without(tmp_path / f"sick{suffix}", tmp_path / f"whole{suffix}", methodcaller("__delitem__", path))
        out.unlink(missing_ok=True)
        answer = partial(sick, out)
        assert answer["written"], path
        found = keras.models.load_model(out)
        assert np.isnan(np.asarray(found(np.arange(8).reshape(2, 4)))).all(), path
