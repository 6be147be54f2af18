"""K609: kernels of files that Keras saved on top of Theano, which turns them round before it convolves.

No Theano runs here: Keras 3 computes what it did, with kernels that are turned (each layer compared with Theano 1.0.5 under Keras 2.1.6).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy
import pytest
from keras import Input, Sequential, layers
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.check import Finding
from kdoctor.cli.app import app
from kdoctor.target import Target
from kdoctor.testing import examine

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation"),  # NumPy 2 says it of what Keras makes
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5"),
    pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`"),
]

VIDEO = (3, 6, 5, 2)


def turn(weights: list[Any]) -> list[Any]:
    """Every kernel that has axes of space, along these."""
    return [one[tuple(slice(None, None, -1) for _ in one.shape[:-2])] if one.ndim > 2 else one for one in weights]


def by_theano(made: Callable[[], Any], folder: Path, release: str = "2.2.4") -> tuple[Path, Any, Any]:
    """The file as Keras 2 on top of Theano would have saved it, inputs, and what was computed."""
    model = made()
    inputs = numpy.random.default_rng(2).random((2, *model.input_shape[1:]), dtype="float32")
    expected = numpy.asarray(model(inputs))
    model.set_weights(turn(model.get_weights()))
    path = folder / "theano.h5"
    model.save(path)
    with h5py.File(path, "r+") as file:
        for group in (file, file["model_weights"]):
            group.attrs["backend"], group.attrs["keras_version"] = "theano", release
    return path, inputs, expected


CASES: dict[str, Callable[[], Any]] = {
    "an image": lambda: Sequential([Input((7, 8, 2)), layers.Conv2D(3, (2, 3)), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)]),
    "padded": lambda: Sequential([Input((7, 9, 2)), layers.Conv2D(3, 3, strides=2, padding="same"), layers.MaxPooling2D(3, 1, "same")]),
    "a sequence": lambda: Sequential([Input((8, 2)), layers.Conv1D(3, 3, padding="causal"), layers.Conv1D(2, 1)]),
    "a volume": lambda: Sequential([Input((5, 6, 4, 2)), layers.Conv3D(3, (2, 3, 2)), layers.Conv3DTranspose(2, 2)]),
    "an image made": lambda: Sequential([Input((5, 6, 2)), layers.Conv2DTranspose(3, 3, strides=2)]),
    "a video": lambda: Sequential([Input(VIDEO), layers.ConvLSTM2D(3, 3)]),
    "each image": lambda: Sequential([Input(VIDEO), layers.TimeDistributed(layers.Conv2D(3, (2, 3)))]),
    "both directions": lambda: Sequential([Input(VIDEO), layers.Bidirectional(layers.ConvLSTM2D(3, 3))]),
    "a model in it": lambda: Sequential([Input((7, 8, 2)), Sequential([Input((7, 8, 2)), layers.Conv2D(3, (2, 3)), layers.Dense(3)])]),
}


@pytest.mark.parametrize("name", CASES)
def test_kernels_of_theano_are_turned(name: str, tmp_path: Path) -> None:
    path, inputs, expected = by_theano(CASES[name], tmp_path)
    assert numpy.abs(numpy.asarray(keras.models.load_model(path, compile=False)(inputs)) - expected).max() > 1e-3
    out = tmp_path / "out.keras"
    done = CliRunner().invoke(app, ["fix", str(path), "-o", str(out)])
    assert done.exit_code == 0, done.output
    made = out if out.exists() else out.with_suffix(".h5")
    assert numpy.allclose(numpy.asarray(keras.models.load_model(made, compile=False)(inputs)), expected, rtol=1e-5, atol=1e-6)
    assert CliRunner().invoke(app, ["inspect", str(made)]).exit_code == 0  # nobody turns them again


UNEQUAL: dict[str, Callable[[], Any]] = {
    "an even window": lambda: Sequential([Input((7, 8, 2)), layers.Conv2D(3, 2, padding="same")]),
    "a rest": lambda: Sequential([Input((8, 8, 2)), layers.Conv2D(3, 3, strides=2, padding="same")]),
    "an even pool": lambda: Sequential([Input((8, 6, 2)), layers.MaxPooling2D(2, padding="same"), layers.Conv2D(2, 1)]),
    "an even memory": lambda: Sequential([Input(VIDEO), layers.ConvLSTM2D(3, 2)]),
    "a larger image": lambda: Sequential([Input((5, 6, 2)), layers.Conv2DTranspose(3, 3, strides=2, padding="same")]),
}


@pytest.mark.parametrize("name", UNEQUAL)
def test_what_theano_pads_otherwise_has_no_cure(name: str, tmp_path: Path) -> None:
    path, _, _ = by_theano(UNEQUAL[name], tmp_path)
    (finding,) = told(path)
    assert finding.repair is None
    assert "on both sides alike" in finding.message


@pytest.mark.parametrize("made", [layers.Conv2D(3, 1), layers.DepthwiseConv2D(3), layers.Dense(2)])
def test_kernels_of_one_step_and_layers_that_turn_their_own_are_left(made: Any, tmp_path: Path) -> None:
    path, _, _ = by_theano(lambda: Sequential([Input((5, 6, 2)), made]), tmp_path)
    assert not told(path)


def told(path: Path, release: str = "3.15.1") -> list[Finding]:
    return [one for one in examine("K609", open_document(path), Target(release)) if "Theano" in one.message]


def test_releases_that_turn_them_as_they_read_are_told_nothing(tmp_path: Path) -> None:
    path, _, _ = by_theano(CASES["an image"], tmp_path)
    assert not told(path, "2.3.1")
    assert told(path, "2.15.0")
