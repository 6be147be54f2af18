"""Archives of the installed Keras for Keras 3.0.5, which reads some of them otherwise, or not at all: what each was found to do there.

Every cured archive was loaded in Keras 3.0.5 itself (2026-11-22) and gave the numbers that it was saved with; here it must hold what that release
takes and, where the installed Keras takes it as well, compute the same again.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from keras import Input, Model, Sequential, layers, ops
from typer.testing import CliRunner

from kdoctor.cli.app import app

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # NumPy 2 says it of what Keras makes

Made = Callable[[], Any]


def after(shape: tuple[int | None, ...], make: Callable[[Any], Any]) -> Made:
    def made() -> Any:
        given = Input(shape)
        return Model(given, make(given))

    return made


def fixed(folder: Path, made: Any, target: str = "3.0.5") -> tuple[Path | None, str]:
    """The archive that `fix` writes, if it does, and what it prints."""
    path, out = folder / "model.keras", folder / "cured.keras"
    made.save(path)
    ran = CliRunner().invoke(app, ["fix", str(path), "--target", f"keras=={target}", "-o", str(out)], env={"COLUMNS": "500"})
    assert ran.exit_code == (0 if out.exists() else 1)
    return (out if out.exists() else None), ran.output


def listed(path: Path) -> list[dict[str, Any]]:
    with zipfile.ZipFile(path) as archive:
        found: list[dict[str, Any]] = json.loads(archive.read("config.json"))["config"]["layers"]
    return found


def numbers(shape: tuple[int, ...]) -> Any:
    return numpy.random.RandomState(3).normal(size=shape).astype("float32")


def inner(name: str = "inner") -> Any:
    begin = Input((3,))
    return Model(begin, layers.Dense(3)(begin), name=name)


def called_twice() -> Any:
    given, model = Input((3,)), inner()
    first = model(given)
    return Model(given, [first, layers.Dense(2)(model(first))])


def two_branches() -> Any:
    """A chain of operations makes one branch deeper, and the arrays of two layers of one class must not change places."""
    given = Input((4, 5, 3))
    first, second = layers.Dense(3)(given), layers.Dense(3)(given)
    return Model(given, layers.Add()([first[:, 1:, -1], second[:, :3, 0]]))


CURED: dict[str, tuple[tuple[int, ...], Made]] = {
    "a slice": ((2, 4, 3), after((4, 3), lambda x: layers.Dense(2)(x[:, 0]))),
    "a range": ((2, 4, 3), after((4, 3), lambda x: x[:, 1:3])),
    "a new axis": ((2, 4, 3), after((4, 3), lambda x: x[:, None, ::2, -1])),
    "an ellipsis": ((2, 4, 3), after((4, 3), lambda x: x[..., :2])),
    "slices in two branches": ((2, 4, 5, 3), two_branches),
    "a bidirectional": ((2, 4, 3), lambda: Sequential([Input((4, 3)), layers.Bidirectional(layers.LSTM(3)), layers.Dense(2)])),
    "a model that makes the output": ((2, 3), after((3,), lambda x: inner()(layers.Dense(3)(x)))),
    "a model called twice": ((2, 3), called_twice),
    "no output padding": ((2, 4, 4, 3), after((4, 4, 3), lambda x: layers.Conv2DTranspose(2, 3, strides=2, output_padding=0)(x))),
    "one category": ((4, 1), after((1,), lambda x: layers.Discretization(bin_boundaries=[-0.5, 0.5], output_mode="one_hot")(x))),
    "the shape of the query": ((2, 4, 3), after((4, 3), lambda x: layers.MultiHeadAttention(2, 2, output_shape=3)(x, x))),
    "an axis of logsumexp": ((2, 3, 4), after((3, 4), lambda x: ops.logsumexp(x, axis=1, keepdims=True))),
    "argmax": ((2, 4, 3), after((4, 3), lambda x: ops.argmax(x, axis=-1))),
    "resize": ((2, 4, 4, 3), after((4, 4, 3), lambda x: ops.image.resize(x, (2, 2)))),
    "grouped queries": ((2, 4, 3), after((4, 3), lambda x: layers.GroupQueryAttention(2, 4, 2)(x, x))),
    "low ranks": ((2, 3), lambda: Sequential([Input((3,)), layers.Dense(4, lora_rank=2, lora_alpha=2)])),
}


@pytest.mark.parametrize("kind", CURED)
def test_what_is_cured_for_keras_3_0_computes_the_same_in_this_keras_too(tmp_path: Path, kind: str) -> None:
    shape, make = CURED[kind]
    keras.utils.set_random_seed(7)
    saved = make()
    out, said = fixed(tmp_path, saved)
    assert out is not None, said
    given = numbers(shape)
    cured = keras.saving.load_model(out)
    wanted, found = saved(given), cured(given if isinstance(cured, Sequential) else [given])  # Keras 3.0 has a list of inputs alone
    for one, other in zip(keras.tree.flatten(wanted), keras.tree.flatten(found), strict=True):
        assert numpy.allclose(one, other, atol=1e-5)
    again = CliRunner().invoke(app, ["inspect", str(out), "--target", "keras==3.0.5"])
    assert again.exit_code == 0, again.output


def test_a_cured_slice_takes_each_axis_by_itself(tmp_path: Path) -> None:
    out, _ = fixed(tmp_path, after((4, 3), lambda x: x[:, 1:3, -1])())
    assert out is not None
    taken = [layer for layer in listed(out) if layer["class_name"] == "Take"]
    assert [(layer["config"], layer["inbound_nodes"][0]["args"][1]) for layer in taken] == [({"axis": 1}, [1, 2]), ({"axis": 2}, 2)]


def test_a_bidirectional_keeps_no_layer_that_is_built_beside_its_directions(tmp_path: Path) -> None:
    out, _ = fixed(tmp_path, CURED["a bidirectional"][1]())
    assert out is not None
    assert "build_config" not in listed(out)[1]["config"]["layer"]


def test_the_axis_and_the_order_of_normalize_are_exchanged_for_the_release_that_exchanges_them(tmp_path: Path) -> None:
    out, _ = fixed(tmp_path, after((3, 4), lambda x: ops.normalize(x, axis=1, order=2))())
    assert out is not None
    config = listed(out)[1]["config"]
    assert (config["axis"], config["order"]) == (2, -2)
    assert CliRunner().invoke(app, ["inspect", str(out), "--target", "keras==3.0.5"]).exit_code == 0


def test_a_hashing_has_the_name_of_its_policy_for_dtype(tmp_path: Path) -> None:
    given = Input((1,), dtype="string")
    out, _ = fixed(tmp_path, Model(given, layers.Hashing(7)(given)))
    assert out is not None
    assert listed(out)[1]["config"]["dtype"] == "int64"


def test_ngrams_up_to_a_number_are_that_number(tmp_path: Path) -> None:
    given = Input((1,), dtype="string")
    out, _ = fixed(tmp_path, Model(given, layers.TextVectorization(ngrams=(1, 2), vocabulary=["cat", "dog"])(given)))
    assert out is not None
    assert listed(out)[1]["config"]["ngrams"] == 2


def embedded(make: Callable[[Any], Any]) -> Made:
    def made() -> Any:
        given = Input((4,), dtype="int32")
        return Model(given, make(layers.Embedding(5, 3, mask_zero=True)(given)))

    return made


def learned() -> Any:
    lookup, given = layers.StringLookup(output_mode="tf_idf"), Input((2,), dtype="string")
    lookup.adapt([["a", "b"], ["b", "c"]])
    return Model(given, lookup(given))


def worded() -> Any:
    given = Input((1,), dtype="string")
    return Model(given, layers.TextVectorization(ngrams=(1, 3), vocabulary=["cat", "dog"])(given))


def nested_outputs() -> Any:
    given = Input((3,))
    return Model(given, [layers.Dense(2)(given), [layers.Dense(3)(given), layers.Dense(4)(given)]])


def binned() -> Any:
    given = Input((1,))
    return Model(given, layers.Dense(2)(layers.Discretization(bin_boundaries=[-0.5, 0.5], output_mode="one_hot")(given)))


# What is said, and the first release of which it is not.
SAID: dict[str, tuple[Made, str, str]] = {
    "a slice of an unknown length": (after((None, 3), lambda x: layers.Dense(2)(x[:, 1:])), "K604", "3.2.0"),
    "nested outputs": (nested_outputs, "K604", "3.4.0"),
    "padding that is less than usual": (
        after((4, 4, 3), lambda x: layers.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=0)(x)), "K601", "3.11.0",
    ),
    "another output shape": (after((4, 3), lambda x: layers.MultiHeadAttention(2, 2, output_shape=5)(x, x)), "K601", "3.7.0"),
    "scores": (after((4, 3), lambda x: layers.MultiHeadAttention(2, 2)(x, x, return_attention_scores=True)), "K209", "3.3.0"),
    "a masked attention": (embedded(lambda x: layers.Attention()([x, x])), "K610", "3.12.0"),
    "areas": (after((6, 6, 3), lambda x: layers.Resizing(3, 3, interpolation="area")(x)), "K601", "3.6.0"),
    "states of a bidirectional": (after((4, 3), lambda x: layers.Bidirectional(layers.LSTM(3, return_state=True))(x)), "K601", "3.2.0"),
    "states of listed cells": (after((4, 3), lambda x: layers.RNN([layers.LSTMCell(3), layers.LSTMCell(2)], return_state=True)(x)), "K601", "3.4.0"),
    "weighed words": (learned, "K601", "3.14.0"),
    "odd ngrams": (worded, "K614", "3.1.0"),
    "a dense layer behind bins": (binned, "K609", "3.14.0"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAID)
def test_what_no_config_cures_is_said_and_nothing_is_written(tmp_path: Path, kind: str) -> None:
    make, code, later = SAID[kind]
    saved = make()
    out, said = fixed(tmp_path, saved)
    assert out is None
    assert f"error {code}" in said.split("What remains:")[1]
    _, said = fixed(tmp_path, saved, later)
    assert f"error {code}" not in said.partition("What remains:")[2]


def test_a_masked_attention_that_looks_back_is_left_alone_where_its_mask_is_widened(tmp_path: Path) -> None:
    make = embedded(lambda x: layers.Attention()([x, x], use_causal_mask=True))
    assert fixed(tmp_path, make())[0] is not None


@pytest.mark.parametrize("kind", [*CURED, *SAID])
def test_the_keras_that_saved_them_takes_them_as_they_are(tmp_path: Path, kind: str) -> None:
    make = CURED[kind][1] if kind in CURED else SAID[kind][0]
    path = tmp_path / "model.keras"
    make().save(path)
    assert CliRunner().invoke(app, ["inspect", str(path), "--target", "keras==3.15.1"]).exit_code == 0


def test_bins_that_are_told_too_short_are_named_in_an_h5_too(tmp_path: Path) -> None:
    """It does not say what its layers were built with; the kernel does."""
    path, out = tmp_path / "model.h5", tmp_path / "cured.h5"
    binned().save(path)
    ran = CliRunner().invoke(app, ["fix", str(path), "--target", "keras==3.6.0", "-o", str(out)], env={"COLUMNS": "500"})
    assert (ran.exit_code, out.exists()) == (1, False)
    assert "error K609" in ran.output
    assert "error K609" not in CliRunner().invoke(app, ["inspect", str(path), "--target", "keras==3.14.0"], env={"COLUMNS": "500"}).output


def test_a_crop_that_does_not_say_what_it_leaves_is_named_for_the_releases_that_take_it_for_a_negative_size(tmp_path: Path) -> None:
    saved = after((8, 8, 3), lambda x: ops.image.crop_images(x, 1, 1, 1, 1))()
    out, said = fixed(tmp_path, saved, "3.3.3")
    assert out is None
    assert "error K601" in said.split("What remains:")[1]
    assert fixed(tmp_path, saved, "3.4.1")[0] is not None
