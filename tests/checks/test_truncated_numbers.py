"""K609 for a Discretization of Keras 2, whose dtype is that of the bins: Keras 3 makes it of the numbers that it looks for in them."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy
import pytest
from graphs import cured
from rewriting import rewritten, saved_by
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer, sequential

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # NumPy 2 says it of what Keras makes
BINS = [-0.5, 0.0, 0.5]


def binned(release: str, dtype: str) -> Document:
    start = layer("InputLayer", name="in", batch_shape=[None, 2], dtype="float32")
    made = layer("Discretization", name="bins", bin_boundaries=BINS, dtype=dtype)
    return document(sequential(start, made), metadata={"keras_version": release})


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8"])
def test_the_dtype_of_the_bins_is_not_that_of_the_numbers(dtype: str) -> None:
    sick = binned("2.15.0", dtype)
    (finding,) = examine("K609", sick)
    assert dtype in finding.message
    assert examine("K609", cured(sick, finding)) == []


@pytest.mark.parametrize(
    ("saved", "target", "dtype"), [("2.15.0", "3.15.1", "float32"), ("3.15.1", "3.15.1", "int64"), ("2.13.1", "2.15.0", "int64")]
)
def test_floats_and_files_of_the_same_habit_are_fine(saved: str, target: str, dtype: str) -> None:
    assert examine("K609", binned(saved, dtype), Target(target)) == []


@pytest.mark.parametrize(("key", "told"), [("batch_input_shape", 1), ("batch_shape", 0)])
def test_a_file_without_a_release_is_known_by_its_words(key: str, told: int) -> None:
    """Without metadata it was cured of other things, and computed something else."""
    start = layer("InputLayer", name="in", dtype="float32", **{key: [None, 2]})
    found = document(
        sequential(start, layer("Discretization", name="bins", bin_boundaries=BINS, dtype="int64")), metadata={"keras_version": ""}
    )
    assert len(examine("K609", found)) == told


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_cured_file_finds_the_bins_that_keras_2_found(suffix: str, tmp_path: Path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Discretization(BINS), keras.layers.CategoryEncoding(4)])
    given = numpy.array([[-0.3, -0.6], [0.3, -0.1], [0.8, 0.4]], "float32")
    expected = model.predict(given, verbose=0)
    saved, fixed = tmp_path / f"new{suffix}", tmp_path / f"fixed{suffix}"
    model.layers[0].dtype_policy = keras.dtype_policies.DTypePolicy("int64")
    model.save(tmp_path / "made.keras")
    rewritten(tmp_path / "made.keras", tmp_path / "old.keras", saved_by("2.15.0"))
    if suffix == ".h5":
        model.save(saved)
        _of_keras_2(saved)
    else:
        (tmp_path / "old.keras").rename(saved)
    assert not numpy.allclose(keras.models.load_model(saved, compile=False).predict(given, verbose=0), expected)
    result = CliRunner().invoke(app, ["fix", str(saved), "-o", str(fixed)])
    assert result.exit_code == 0, result.output
    assert numpy.allclose(keras.models.load_model(fixed, compile=False).predict(given, verbose=0), expected)


def _of_keras_2(path: Path) -> None:
    import h5py

    with h5py.File(path, "a") as file:
        file.attrs["keras_version"] = "2.15.0"
