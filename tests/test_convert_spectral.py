"""A SpectralNormalization of an .h5: its kernel stands twice in an archive of Keras 3."""

from __future__ import annotations

from pathlib import Path

import keras
import pytest

from kdoctor.archive import open_document
from kdoctor.convert.native_weights import native_weights


@pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")
def test_both_copies_of_the_kernel_are_written(tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.SpectralNormalization(keras.layers.Dense(3)), keras.layers.Dense(2)])
    for name in ("model.h5", "model.keras"):
        model.save(tmp_path / name)
    found, _ = native_weights(open_document(tmp_path / "model.h5"))
    wanted = open_document(tmp_path / "model.keras").weights
    assert {path: weight.shape for path, weight in found.items()} == {path: weight.shape for path, weight in wanted.items()}
    assert found["layers/spectral_normalization/layer/vars/0"] == found["layers/spectral_normalization/vars/0"]
