"""New numbers inside a file that keeps its container."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from model_files import BIAS, KERNEL, h5_file, keras_file, raw_members

from kdoctor.archive import open_document
from kdoctor.archive.writing.write import write_document
from kdoctor.document import Document, Weight
from kdoctor.recipe import add, cast, constant, flip, join, part, scale, take, transpose

KERNEL_PATH, BIAS_PATH = "model_weights/dense/dense/kernel:0", "model_weights/dense/dense/bias:0"


def changed(document: Document, **weights: Weight | None) -> Document:
    """The plan with other weights, by the last step of their paths; None for one that goes."""
    paths = {path.rpartition("/")[2].removesuffix(":0"): path for path in document.weights}
    found = {**document.weights, **{paths.get(name, name): weight for name, weight in weights.items()}}
    return document.replacing({**document.parts, "weights": {path: weight for path, weight in found.items() if weight is not None}})


def test_an_array_is_made_anew_under_its_own_name_and_the_others_stay(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    original = source.read_bytes()
    before = open_document(source)
    kernel = Weight.made(scale(transpose(before.weights[KERNEL_PATH].numbers), 1.2, axis=0, start=1))
    with h5py.File(write_document(before, changed(before, kernel=kernel), tmp_path / "b.h5").path) as file:
        assert np.array_equal(file[KERNEL_PATH], KERNEL.T * np.float32([[1], [1.2]]))
        assert np.array_equal(file[BIAS_PATH], BIAS)
        assert [*file] == ["model_weights"]
    assert source.read_bytes() == original


def test_recipes_take_the_arrays_of_the_original_whatever_becomes_of_them(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    with h5py.File(source, "r+") as file:
        file["model_weights/dense/dense/other:0"] = BIAS + 1
    before = open_document(source)
    bias, other = before.weights[BIAS_PATH], before.weights["model_weights/dense/dense/other:0"]
    after = changed(before, bias=Weight.made(flip(other.numbers, [0])), other=Weight.made(add(bias.numbers, other.numbers)), kernel=None)
    after = changed(after, **{"model_weights/dense/dense/moved:0": bias})
    with h5py.File(write_document(before, after, tmp_path / "b.h5").path) as file:
        assert np.array_equal(file[BIAS_PATH], BIAS + 1)
        assert np.array_equal(file["model_weights/dense/dense/other:0"], 2 * BIAS + 1)
        assert np.array_equal(file["model_weights/dense/dense/moved:0"], BIAS)
        assert sorted(file["model_weights/dense/dense"]) == ["bias:0", "moved:0", "other:0"]


def test_the_weights_of_an_archive_are_made_anew_too(tmp_path: Path) -> None:
    before = open_document(keras_file(tmp_path / "a.keras"))
    kernel, bias = before.weights["layers/dense/vars/0"], before.weights["layers/dense/vars/1"]
    halves = [part(kernel.numbers, 0, 1, 3), constant(7, (1, 2), "float32")]
    weights = {"layers/dense/vars/0": Weight.made(join(0, halves)), "layers/dense/vars/1": Weight.made(cast(bias.numbers, "float16"))}
    attributes = {**before.attributes, "/layers/dropout/vars": {}}
    after = before.replacing({**before.parts, "weights": weights, "attributes": attributes})
    written = write_document(before, after, tmp_path / "b.keras")
    with zipfile.ZipFile(written.path) as archive, h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
        assert np.array_equal(file["layers/dense/vars/0"], np.concatenate([KERNEL[1:], [[7, 7]]]))
        assert file["layers/dense/vars/1"].dtype == "float16"
        assert not file["layers/dropout/vars"].keys()
    old, new = raw_members(tmp_path / "a.keras"), raw_members(written.path)
    assert [name for name in old if old[name] != new[name]] == ["model.weights.h5"]


def test_a_cast_to_bfloat16_is_stored_as_keras_stores_it(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    narrow = Weight.made(cast(before.weights[KERNEL_PATH].numbers, "bfloat16"))
    write_document(before, changed(before, kernel=narrow), tmp_path / "b.h5")
    second = open_document(tmp_path / "b.h5")
    assert second.weights[KERNEL_PATH] == Weight((3, 2), "bfloat16", KERNEL_PATH)
    with h5py.File(tmp_path / "b.h5") as file:
        assert file[KERNEL_PATH].attrs["dtype"] == "bfloat16"
        assert file[KERNEL_PATH].dtype == "V2"
    turned = Weight.made(transpose(second.weights[KERNEL_PATH].numbers))
    wide = Weight.made(cast(turned.numbers, "float32"))
    write_document(second, changed(second, kernel=turned, **{"model_weights/wide": wide}), tmp_path / "c.h5")
    assert open_document(tmp_path / "c.h5").weights[KERNEL_PATH].dtype == "bfloat16"
    with h5py.File(tmp_path / "c.h5") as file:
        assert np.array_equal(file["model_weights/wide"], KERNEL.T)  # small whole numbers lose nothing


@pytest.mark.parametrize("dtype", [">f4", "<f8", ">i2", "?", "S5"])
def test_arrays_of_any_kind_and_byte_order_are_rearranged(tmp_path: Path, dtype: str) -> None:
    source = h5_file(tmp_path / "a.h5")
    array = np.arange(6).reshape(3, 2).astype(dtype)
    with h5py.File(source, "r+") as file:
        file["model_weights/dense/extra"] = array
    before = open_document(source)
    extra = before.weights["model_weights/dense/extra"]
    with h5py.File(write_document(before, changed(before, extra=Weight.made(transpose(extra.numbers))), tmp_path / "b.h5").path) as file:
        assert np.array_equal(file["model_weights/dense/extra"], array.T)


def test_the_room_of_arrays_that_are_gone_is_given_back(tmp_path: Path) -> None:
    source = h5_file(tmp_path / "a.h5")
    names = [f"model_weights/dense/large{number}" for number in range(4)]
    with h5py.File(source, "r+") as file:
        for number, name in enumerate(names):
            file[name] = np.full((512, 1024), number, "float32")
        file["model_weights"].attrs["order"] = np.array([2, 1], ">i4")
        file.attrs["fixed"] = np.bytes_(b"text")
        file["soft"] = h5py.SoftLink("/model_weights/dense")
    before = open_document(source)
    made = {name: Weight.made(transpose(before.weights[name].numbers)) for name in names}
    size = source.stat().st_size
    for plan, expected in ((changed(before, **made), size), (changed(before, **dict.fromkeys(names[:3])), size - 3 * (2 << 20))):
        written = write_document(before, plan, tmp_path / "b.h5", replace=True)
        assert abs(written.bytes - expected) < 1 << 16
        with h5py.File(written.path) as file:
            assert np.array_equal(file[KERNEL_PATH], KERNEL)
            assert np.all(file[names[3]][()] == 3)
            assert file["model_weights"].attrs.get_id("order").dtype == ">i4"
            assert file.attrs.get_id("fixed").dtype == "S4"
            assert file["soft"] == file["model_weights/dense"]
            assert file.attrs["model_config"]


def test_a_recipe_that_only_takes_an_array_is_a_move(tmp_path: Path) -> None:
    before = open_document(h5_file(tmp_path / "a.h5"))
    after = changed(before, bias=None, **{"model_weights/dense/dense/head:0": Weight.made(take(BIAS_PATH, (2,), "float32"))})
    with h5py.File(write_document(before, after, tmp_path / "b.h5").path) as file:
        assert np.array_equal(file["model_weights/dense/dense/head:0"], BIAS)
        assert sorted(file["model_weights/dense/dense"]) == ["head:0", "kernel:0"]
