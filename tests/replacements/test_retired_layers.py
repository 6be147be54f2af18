"""Layers that Keras 3 has not, as small models: what real Keras computes with them is what the retired layer computed."""

from __future__ import annotations

import io
import itertools
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy
import pytest
from graphs import after, functional

from kdoctor.archive.writing.write import write_document
from kdoctor.asked import installed_keras
from kdoctor.doctor import plan_file
from kdoctor.document import Document
from kdoctor.packs import load_checks
from kdoctor.replacements.retired_layers import retired
from kdoctor.structure.snake_case import snake_case
from kdoctor.target import Target
from kdoctor.testing import document, layer

Array = Any  # of numpy
NOISE = numpy.random.default_rng(7)
LOAD = """
import sys, json, keras, numpy
for line in sys.stdin:
    file, numbers = line.split()
    given = numpy.load(numbers)
    model = keras.models.load_model(file)
    print(json.dumps([file, numpy.abs(numpy.asarray(model(given["x"])) - given["y"]).max().item()]))
"""


def random(*shape: int) -> Array:
    return NOISE.normal(size=shape).astype("float32")


def windows(x: Array, sizes: tuple[int, ...], strides: tuple[int, ...], padding: str = "valid") -> dict[tuple[int, ...], tuple[slice, ...]]:
    """Output position -> the window of the input that it sees (conv_utils.conv_connected_inputs of Keras 2.15)."""
    axes = [*zip(x.shape[1:], sizes, strides, strict=False)]
    if padding == "same":
        counts, shifts = [-(-length // stride) for length, _, stride in axes], [size // 2 for size in sizes]
    else:
        counts, shifts = [(length - size) // stride + 1 for length, size, stride in axes], [0] * len(sizes)
    return {
        place: tuple(
            slice(max(0, at * stride - shift), min(length, at * stride - shift + size))
            for at, shift, (length, size, stride) in zip(place, shifts, axes, strict=True)
        )
        for place in itertools.product(*map(range, counts))
    }


def local(
    implementation: int, length: tuple[int, ...], sizes: tuple[int, ...], strides: tuple[int, ...], bias: bool, padding: str = "valid"
) -> Any:
    """A locally connected layer, its arrays, an input, and its output by the definition of the layer."""
    filters, channels, rank = 2, 3, len(length)
    x = random(2, *length, channels)
    places = windows(x, sizes, strides, padding)
    outputs = tuple(numpy.array(max(places)) + 1)
    y = numpy.empty((2, *outputs, filters), "float32")
    kernels = {place: random(*(s.stop - s.start for s in window), channels, filters) for place, window in places.items()}
    for place, window in places.items():
        y[(slice(None), *place)] = numpy.tensordot(x[(slice(None), *window)], kernels[place], rank + 1)
    if implementation == 1:
        stored = numpy.stack([kernels[place].reshape(-1, filters) for place in places])
    elif implementation == 2:
        stored = random(*length, channels, *outputs, filters)  # what the mask hides is anything
        for place, window in places.items():
            stored[(*window, slice(None), *place)] = kernels[place]
    else:
        stored = numpy.concatenate([kernels[place][..., each].ravel() for place in places for each in range(filters)])
    arrays = [stored]
    if bias:
        arrays.append(random(*outputs, filters))
        y = y + arrays[1]
    config = {"filters": filters, "kernel_size": list(sizes), "strides": list(strides), "padding": padding, "data_format": "channels_last"}
    config |= {"activation": "relu", "use_bias": bias, "implementation": implementation, "kernel_regularizer": None}
    return layer(f"LocallyConnected{rank}D", name="old", **config), arrays, x, numpy.maximum(y, 0)


def highway() -> Any:
    x, kernel, carry, bias, carry_bias = random(4, 5), random(5, 5), random(5, 5), random(5), random(5)
    gate = 1 / (1 + numpy.exp(-(x @ carry + carry_bias)))
    y = gate * numpy.tanh(x @ kernel + bias) + (1 - gate) * x
    return layer("Highway", name="old", activation="tanh", bias=True, W_regularizer=None), [kernel, carry, bias, carry_bias], x, y


def maxout() -> Any:
    x, kernel, bias = random(4, 5), random(3, 5, 2), random(3, 2)
    y = (numpy.einsum("ab,cbd->acd", x, kernel) + bias).max(1)
    return layer("MaxoutDense", name="old", output_dim=2, nb_feature=3, bias=True, W_constraint=None), [kernel, bias], x, y


def parametric_softplus(shape: tuple[int, ...], own: tuple[int, ...]) -> Any:
    """By keras/layers/advanced_activations.py of Keras 1.2.2, as the next one."""
    x, alpha, beta = random(4, *shape), random(*own), random(*own)
    y = alpha * numpy.log1p(numpy.exp(beta * x))
    return layer("ParametricSoftplus", name="old", alpha_init=0.2, beta_init=5.0), [alpha, beta], x, y


def s_shaped_relu(shape: tuple[int, ...], own: tuple[int, ...]) -> Any:
    x, left, slope, width, right_slope = 3 * random(4, *shape), *(random(*own) for _ in range(4))
    right = left + numpy.abs(width)
    y = numpy.where(x >= right, right + right_slope * (x - right), numpy.where(x > left, x, left + slope * (x - left)))
    settings = {"t_left_init": "zero", "a_left_init": "glorot_uniform", "t_right_init": "glorot_uniform", "a_right_init": "one"}
    return layer("SReLU", name="old", **settings), [left, slope, width, right_slope], x, y


CASES: dict[str, Callable[[], Any]] = {
    "two dimensions": lambda: local(1, (7, 5), (3, 2), (2, 1), True),
    "two dimensions, masked": lambda: local(2, (6, 5), (3, 2), (1, 2), True),
    "two dimensions, sparse": lambda: local(3, (5, 5), (2, 2), (1, 1), False),
    "one dimension": lambda: local(1, (9,), (3,), (2,), True),
    "one dimension, masked": lambda: local(2, (9,), (3,), (1,), False),
    "one dimension, sparse": lambda: local(3, (9,), (4,), (2,), True),
    "two dimensions, masked, padded": lambda: local(2, (6, 5), (3, 2), (1, 1), True, "same"),
    "two dimensions, masked, padded, with strides": lambda: local(2, (7, 4), (2, 3), (3, 2), False, "same"),
    "two dimensions, sparse, padded": lambda: local(3, (5, 6), (3, 4), (2, 1), True, "same"),
    "one dimension, masked, padded": lambda: local(2, (7,), (4,), (2,), True, "same"),
    "one dimension, sparse, padded": lambda: local(3, (6,), (1,), (2,), False, "same"),
    "Highway": highway,
    "MaxoutDense": maxout,
    "ParametricSoftplus": lambda: parametric_softplus((6,), (6,)),
    "ParametricSoftplus of images": lambda: parametric_softplus((3, 2, 4), (3, 1, 4)),
    "SReLU": lambda: s_shaped_relu((6,), (6,)),
    "SReLU of images": lambda: s_shaped_relu((3, 2, 4), (3, 2, 4)),
    "SReLU, one for each channel": lambda: s_shaped_relu((3, 2, 4), (1, 1, 4)),
    "SReLU, one for each row": lambda: s_shaped_relu((3, 2, 4), (3, 1, 1)),
}
OLDER = "3.13.2"  # cannot cut patches by an operation; what is written for it loads in later releases, too


def model(old: dict[str, Any], shape: tuple[int, ...]) -> Any:
    """A Functional of the layer and a Dense behind it, whose place in the archive must not change."""
    start = {**layer("InputLayer", name="in", batch_shape=[None, *shape]), "name": "in", "inbound_nodes": []}
    return functional(start, after(old, "in"), after(layer("Dense", name="out", units=1, activation="linear"), "old"))


def save(file: Path, old: dict[str, Any], arrays: list[Array], shape: tuple[int, ...], last: Array) -> None:
    content = io.BytesIO()
    with h5py.File(content, "w") as stored:
        places = {f"layers/{snake_case(old['class_name'])}": arrays, "layers/dense": [last, numpy.zeros(1, "float32")]}
        for place, values in places.items():
            for index, value in enumerate(values):
                stored[f"{place}/vars/{index}"] = value
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.15.0", "date_saved": ""}))
        archive.writestr("config.json", json.dumps(model(old, shape)))
        archive.writestr("model.weights.h5", content.getvalue())


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    """How far each repaired model is from the retired layer in real Keras, all in one process."""
    folder, asked, names = tmp_path_factory.mktemp("retired"), [], {}
    asked_for = [(name, make, installed_keras()) for name, make in CASES.items()]
    asked_for += [(f"{name}, for {OLDER}", make, OLDER) for name, make in CASES.items() if "dimension" in name]
    for number, (name, make, release) in enumerate(asked_for):
        old, arrays, x, y = make()
        file, out = folder / f"{number}.keras", folder / f"{number}.out.keras"
        last = random(y.shape[-1], 1)
        save(file, old, arrays, x.shape[1:], last)
        plan = plan_file(file, Target(release), load_checks())
        assert plan.after.loads, [found.finding.message for found in plan.after.errors]
        write_document(plan.before.document, plan.after.document, out)
        numpy.savez(folder / f"{number}.npz", x=x, y=y @ last)
        asked.append(f"{out} {folder / f'{number}.npz'}")
        names[str(out)] = name
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, "-W", "ignore", "-c", LOAD]
    done = subprocess.run(command, input="\n".join(asked), capture_output=True, text=True, env=environment, timeout=600, check=True)
    return {names[file]: difference for file, difference in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", CASES)
def test_the_small_model_computes_what_the_layer_did(differences: dict[str, float], name: str) -> None:
    assert differences[name] < 1e-5 * 10  # of sums of numbers around 10


@pytest.mark.parametrize("name", [name for name in CASES if "dimension" in name])
def test_so_does_the_one_for_a_release_that_cannot_cut_patches(differences: dict[str, float], name: str) -> None:
    assert differences[f"{name}, for {OLDER}"] < 1e-5 * 10


def sick(**config: Any) -> Document:
    settings = {"filters": 2, "kernel_size": [3], "strides": [1], "padding": "valid", "data_format": "channels_last", **config}
    old = layer("LocallyConnected1D", name="old", **settings)
    weights = {"layers/locally_connected1d/vars/0": (7, 9, 2), "layers/locally_connected1d/vars/1": (7, 2)}
    return document(model(old, (9, 3)), weights=weights, attributes={"/": {}})


def test_one_repair_cures_them_all() -> None:
    found = retired(sick(), Target("3.15.1"))
    assert found.repair is not None
    assert found.cured


@pytest.mark.parametrize(
    "config",
    [
        {"padding": "same"},  # this implementation has none
        {"padding": "else"},
        {"data_format": "channels_first"},
        {"kernel_constraint": {"class_name": "NonNeg", "config": {}}},
        {"kernel_size": [4]},
        {"implementation": 9},
    ],
)
def test_what_has_no_equal_is_left(config: dict[str, Any]) -> None:
    assert retired(sick(**config), Target("3.15.1")).repair is None


@pytest.mark.parametrize("release", ["2.15.0", "3.2.1"])
def test_there_is_no_cure_for_a_release_that_has_the_layer_or_gets_lists_from_nested_models(release: str) -> None:
    assert retired(sick(), Target(release)).repair is None
