"""K609 for a CategoryEncoding whose input ends in an axis of 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
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


def encoded(release: str, *, last: int = 1, mode: str = "one_hot") -> Document:
    start = layer("InputLayer", name="in", batch_shape=[None, last], dtype="int32")
    made = layer("CategoryEncoding", name="codes", num_tokens=3, output_mode=mode)
    return document(sequential(start, made), metadata={"keras_version": release})


def release_of(path: Path, release: str) -> None:
    """State another release in the file."""
    if path.suffix == ".keras":
        rewritten(path, path, saved_by(release))
        return
    with h5py.File(path, "a") as file:
        file.attrs["keras_version"] = release


@pytest.mark.parametrize(
    ("saved", "target", "word"), [("3.0.5", "3.15.1", "drops"), ("3.3.3", "3.4.0", "drops"), ("3.15.1", "3.0.5", "keeps")]
)
def test_an_axis_that_only_one_of_the_two_releases_drops_is_told(saved: str, target: str, word: str) -> None:
    (finding,) = examine("K609", encoded(saved), Target(target))
    assert word in finding.message
    assert finding.repair is not None


def test_an_axis_that_was_kept_is_given_back_by_a_reshape() -> None:
    sick = encoded("3.3.3")
    (finding,) = examine("K609", sick)
    healthy = cured(sick, finding)
    assert [each["class_name"] for each in healthy.config["config"]["layers"]] == ["InputLayer", "CategoryEncoding", "Reshape"]
    assert examine("K609", healthy) == []


@pytest.mark.parametrize("told", [{"sparse": True}, {"num_tokens": "3"}])
def test_a_sparse_encoding_and_one_of_no_told_length_have_no_cure(told: dict[str, Any]) -> None:
    start = layer("InputLayer", name="in", batch_shape=[None, 1], dtype="int32")
    made = {**layer("CategoryEncoding", name="codes", num_tokens=3, output_mode="one_hot")}
    made["config"] |= told
    (finding,) = examine("K609", document(sequential(start, made), metadata={"keras_version": "3.3.3"}))
    assert finding.repair is None


@pytest.mark.parametrize("extension", [".keras", ".h5"])
def test_two_calls_of_it_return_the_axis_in_keras_too(tmp_path: Path, extension: str) -> None:
    """The model, saved by today's Keras, states an earlier one; what that computed is its own encoding with the axis back."""
    one, other = (keras.Input((1,), dtype="int32", name=name) for name in ("one", "other"))
    encode, back = keras.layers.CategoryEncoding(3, "one_hot", name="codes"), keras.layers.Reshape((1, 3))
    dense = keras.layers.Dense(2, name="dense")
    rows = [numpy.array([[1], [2]], "int32"), numpy.array([[0], [2]], "int32")]
    meant = keras.Model([one, other], [dense(back(encode(one))), dense(back(encode(other)))]).predict(rows, verbose=0)
    sick, out = tmp_path / f"sick{extension}", tmp_path / "cured.keras"
    keras.Model([one, other], [dense(encode(one)), dense(encode(other))]).save(sick)
    release_of(sick, "3.3.3")
    ended = CliRunner().invoke(app, ["fix", str(sick), "-o", str(out)])
    assert "K609 give the axis back with a Reshape behind the layer" in ended.stdout
    for made, wanted in zip(keras.saving.load_model(out).predict(rows, verbose=0), meant, strict=True):
        assert made.shape == (2, 1, 2)
        assert numpy.abs(made - wanted).max() < 1e-6


def test_one_category_is_encoded_as_several_for_the_release_that_keeps_the_axis_and_no_more_of_more_axes() -> None:
    sick = encoded("3.15.1")
    (finding,) = examine("K609", sick, Target("3.0.5"))
    assert examine("K609", cured(sick, finding), Target("3.0.5")) == []
    start = layer("InputLayer", name="in", batch_shape=[None, 2, 1], dtype="int32")
    made = layer("CategoryEncoding", name="codes", num_tokens=3, output_mode="one_hot")
    (finding,) = examine("K609", document(sequential(start, made), metadata={"keras_version": "3.15.1"}), Target("3.0.5"))
    assert finding.repair is None


@pytest.mark.parametrize("healthy", [encoded("3.4.0"), encoded("2.15.0"), encoded("3.0.5", last=2), encoded("3.0.5", mode="multi_hot")])
def test_other_axes_modes_and_releases_are_healthy(healthy: Document) -> None:
    assert examine("K609", healthy) == []


@pytest.mark.parametrize(
    ("saved", "target", "told"),
    [("2.15.0", "3.6.0", True), ("3.15.1", "3.13.0", True), ("3.6.0", "3.8.0", False), ("2.15.0", "3.15.1", False)],
)
def test_a_dense_behind_bins_is_told_where_the_target_counts_them_otherwise(saved: str, target: str, told: bool) -> None:
    """Run with a file of 2.15 in 3.0.5 and 3.6.0: what was cured otherwise did not load."""
    start = layer("InputLayer", name="in", batch_shape=[None, 1])
    bins = layer("Discretization", name="bins", bin_boundaries=[-1.0, 0.0, 1.0], output_mode="multi_hot")
    dense = layer("Dense", name="dense", units=2, build=[None, 4])
    found = examine("K609", document(sequential(start, bins, dense), metadata={"keras_version": saved}), Target(target))
    assert any("takes what 'bins' returns for as long as what it is given, 1" in finding.message for finding in found) is told
