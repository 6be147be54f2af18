"""K702: arrays of another kind of numbers than the layer computes with, as real Keras 3 takes them and as documents say it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from weight_documents import NATIVE, ONE, TWO, archive, h5

from kdoctor.archive import open_document
from kdoctor.container import Container
from kdoctor.doctor import convert_file, plan_file
from kdoctor.document import Document
from kdoctor.packs import load_checks
from kdoctor.repair import Wish, carry_out
from kdoctor.testing import KERAS_3, examine, layer, model
from kdoctor.weights.stored import fits

QUIET = pytest.mark.filterwarnings("ignore:__array__ implementation", "ignore:You are saving your model as an HDF5 file")
CHECKS = load_checks()


def stored_as(healthy: Document, dtype: str) -> Document:
    return healthy.replacing({**healthy.parts, "weights": {path: replace(one, dtype=dtype) for path, one in healthy.weights.items()}})


@QUIET
def test_an_h5_of_bfloat16_is_cured_and_an_archive_of_it_is_fine(tmp_path: Path) -> None:
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype="bfloat16")])
    given = np.linspace(-1, 1, 8).reshape(2, 4)
    right = np.asarray(made(given), "float32")
    for name in ("model.h5", "model.keras"):
        made.save(tmp_path / name)
    with pytest.raises(ValueError, match="No cast function available"):
        keras.models.load_model(tmp_path / "model.h5")
    plans = {
        "fixed.h5": plan_file(tmp_path / "model.h5", KERAS_3, CHECKS),
        "converted.keras": convert_file(tmp_path / "model.h5", KERAS_3, CHECKS, Container.KERAS),
        "converted.h5": convert_file(tmp_path / "model.keras", KERAS_3, CHECKS, Container.H5),
    }
    assert plan_file(tmp_path / "model.keras", KERAS_3, CHECKS).applied == ()
    for name, plan in plans.items():
        out = carry_out(plan, tmp_path / plan.before.path, Wish(tmp_path / name)).out
        assert out is not None
        found = keras.models.load_model(out)
        assert found.layers[0].kernel.dtype == "bfloat16"
        np.testing.assert_array_equal(np.asarray(found(given), "float32"), right)


@QUIET
@pytest.mark.parametrize("dtype", ["int8", "bool", "float16", "float64"])
def test_keras_takes_numbers_of_other_kinds_as_they_are(dtype: str, tmp_path: Path) -> None:
    made = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="one")], name="stack")
    made.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "a") as file:
        path = "model_weights/one/stack/one/kernel"
        kernel = np.asarray(file[path]) * 100
        del file[path]
        file[path] = kernel.astype(dtype)
    np.testing.assert_array_equal(np.asarray(keras.models.load_model(tmp_path / "model.h5").layers[0].kernel), kernel.astype(dtype))


@pytest.mark.parametrize("healthy", [archive(NATIVE), h5({"one": ONE, "two": TWO}, ["one", "two"])])
def test_whole_numbers_are_a_warning_once_and_other_floats_are_none(healthy: Document) -> None:
    for dtype in ("int8", "bool", "complex64"):
        (finding,) = examine("K702", stored_as(healthy, dtype))
        assert finding.mild
        assert "3 more arrays" in finding.message
    for dtype in ("float16", "float64"):
        assert examine("K702", stored_as(healthy, dtype)) == []


def test_two_raw_bytes_a_number_are_called_bfloat16_only_where_something_says_so() -> None:
    raw = stored_as(archive(NATIVE), "void16")
    assert [finding.repair for finding in examine("K702", raw)] == [None] * 4


def test_the_whole_numbers_of_a_quantized_layer_are_its_own() -> None:
    policy = {"module": "keras", "class_name": "QuantizedDTypePolicy", "config": {"mode": "int8", "source_name": "float32"}}
    shapes = {"layers/dense/vars/0": (4, 5), "layers/dense/vars/1": (5,), "layers/dense/vars/2": (5,)}
    for dtype in (policy, "int8_from_float32"):
        config = model(layer("InputLayer", name="input", batch_shape=[None, 4]), layer("Dense", name="one", units=5, dtype=dtype))
        quantized = archive(shapes).replacing({**archive(shapes).parts, "config": config.config})
        kernels = {path: replace(one, dtype="int8") if len(one.shape) > 1 else one for path, one in quantized.weights.items()}
        assert examine("K702", quantized.replacing({**quantized.parts, "weights": kernels})) == []


@QUIET
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_whole_numbers_are_named_where_a_statistic_or_a_scale_belongs(tmp_path: Path) -> None:
    adapted = keras.layers.Normalization(name="adapted")
    adapted.adapt(np.linspace(-1, 1, 24).reshape(6, 4))
    made = keras.Sequential([keras.Input((4,)), adapted, keras.layers.Dense(4, name="small")])
    made.get_layer("small").quantize("int8")
    made.save(tmp_path / "model.keras")
    healthy = open_document(tmp_path / "model.keras")
    assert examine("K702", healthy) == []
    named = {}
    for path, one in healthy.weights.items():
        found = examine("K702", healthy.replacing({**healthy.parts, "weights": {**healthy.weights, path: replace(one, dtype="int32")}}))
        named[path] = [finding.message.split(" holds")[0] for finding in found]
    small = "layers/dense/vars"
    assert named == {
        "layers/normalization/vars/0": ["the mean of 'adapted'"],
        "layers/normalization/vars/1": ["the variance of 'adapted'"],
        "layers/normalization/vars/2": [],
        f"{small}/0": [],
        f"{small}/1": ["the bias of 'small'"],
        f"{small}/2": ["the kernel_scale of 'small'"],
    }


def test_no_length_that_the_config_leaves_open_is_nothing() -> None:
    assert fits((None, 3), (5, 3))
    assert not fits((None, 3), (0, 3))
