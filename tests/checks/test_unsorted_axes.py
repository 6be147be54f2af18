"""K702: a LayerNormalization over axes that do not ascend, whose arrays have other lengths until Keras 3.13. Files of 3.8 and 3.12 were cured (2026-11-23)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy
import pytest
from keras import Input, Model, layers
from rewriting import in_json, rewritten
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.cli.app import app
from kdoctor.target import Target
from kdoctor.testing import examine

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
VALUES = numpy.random.default_rng(1).normal(size=(2, 4, 5, 3)).astype("float32")


def as_listed(weights: bytes) -> bytes:
    """The arrays in the shape that Keras until 3.13 makes: the numbers are spread over the same places."""
    held = io.BytesIO(weights)
    with h5py.File(held, "r+") as file:
        variables = file["layers/layer_normalization/vars"]
        for name in list(variables):
            numbers = variables[name][()].reshape(3, 5)
            del variables[name]
            variables[name] = numbers
    return held.getvalue()


def saved(folder: Path) -> tuple[Path, Any]:
    start = Input((4, 5, 3))
    model = Model(start, layers.LayerNormalization(axis=[2, 3])(start))
    model.set_weights([numpy.arange(15, dtype="float32").reshape(5, 3) + number for number in range(2)])
    path = folder / "model.keras"
    model.save(path)
    name = "model.weights.h5"

    def listed(config: Any) -> None:
        config["config"]["layers"][1]["config"]["axis"] = [3, 2]

    with zipfile.ZipFile(path) as archive:
        weights = archive.read(name)
    rewritten(path, path, {"config.json": in_json(listed), name: lambda _: as_listed(weights)})
    return path, model


def test_the_arrays_are_written_under_the_lengths_of_ascending_axes(tmp_path: Path) -> None:
    path, model = saved(tmp_path)
    out = tmp_path / "cured.keras"
    with pytest.raises((ValueError, UserWarning)):
        keras.saving.load_model(path)
    ran = CliRunner().invoke(app, ["fix", str(path), "-o", str(out)], env={"COLUMNS": "500"})
    assert ran.exit_code == 0, ran.output
    numpy.testing.assert_allclose(numpy.asarray(keras.saving.load_model(out)(VALUES)), numpy.asarray(model(VALUES)), atol=1e-6)


@pytest.mark.parametrize("release", ["3.0.5", "3.6.0", "3.13.1"])
def test_earlier_releases_take_them_as_they_are(release: str, tmp_path: Path) -> None:
    path, _ = saved(tmp_path)
    assert examine("K702", open_document(path), Target(release)) == []
    assert len(examine("K702", open_document(path), Target("3.14.1"))) == 1
