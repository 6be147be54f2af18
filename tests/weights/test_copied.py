"""K702: a kernel of turned shape that may be a copy of another layer's, whose own numbers are lost then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy
import pytest
from keras import layers
from rewriting import in_hdf5, rewritten
from typer.testing import CliRunner

from kdoctor.cli.app import app

pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5"),
]

WIDTHS = (4, 5, 4, 6)  # kernels (5, 4), (4, 5), (5, 4) and (4, 6): the second, turned, has the shape of the first and of the third
INSIDE = {
    ".keras": ("layers/dense{}/vars/0", ("", "_1", "_2", "_3")),
    ".h5": ("model_weights/d{0}/model/d{0}/kernel", ("0", "1", "2", "3")),
}


def saved(path: Path, change: Callable[[Any, list[str]], None]) -> tuple[Path, Any, Any]:
    """A model that reads and writes again, with changed weights; inputs, and what it computed before."""
    dense = [layers.Dense(width, name=f"d{number}") for number, width in enumerate(WIDTHS)]
    model = keras.Sequential([keras.Input((5,)), *dense], name="model")
    inputs = numpy.random.default_rng(3).random((2, 5), dtype="float32")
    model.save(path)
    pattern, numbers = INSIDE[path.suffix]
    names = [pattern.format(number) for number in numbers]
    if path.suffix == ".keras":
        rewritten(path, path, {"model.weights.h5": in_hdf5(lambda file: change(file, names))})
    else:
        with h5py.File(path, "r+") as file:
            change(file, names)
    return path, inputs, numpy.asarray(model(inputs))


def put(file: Any, name: str, numbers: Any) -> None:
    del file[name]
    file[name] = numbers


def overwritten(file: Any, names: list[str]) -> None:
    put(file, names[1], file[names[0]][()])


def turned(file: Any, names: list[str]) -> None:
    put(file, names[1], file[names[1]][()].T)


def turned_alone(file: Any, names: list[str]) -> None:
    put(file, names[3], file[names[3]][()].T)


@pytest.mark.parametrize("ending", INSIDE)
@pytest.mark.parametrize("change", [overwritten, turned])
def test_a_kernel_that_may_be_a_copy_is_not_turned_without_a_word(tmp_path: Path, ending: str, change: Any) -> None:
    path, inputs, expected = saved(tmp_path / f"model{ending}", change)
    shown = CliRunner().invoke(app, ["inspect", str(path)])
    assert "'d0' has an array of that shape" in " ".join(shown.output.split())
    out = tmp_path / f"out{ending}"
    refused = CliRunner().invoke(app, ["fix", str(path), "-o", str(out)])
    assert refused.exit_code != 0
    assert "--unsafe" in refused.output
    assert not out.exists()
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out), "--unsafe"]).exit_code == 0
    computed = numpy.asarray(keras.models.load_model(out, compile=False)(inputs))
    assert numpy.allclose(computed, expected, rtol=1e-5) is (change is turned)


@pytest.mark.parametrize("ending", INSIDE)
def test_a_kernel_that_can_be_no_copy_is_turned(tmp_path: Path, ending: str) -> None:
    path, inputs, expected = saved(tmp_path / f"model{ending}", turned_alone)
    out = tmp_path / f"out{ending}"
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out)]).exit_code == 0
    assert numpy.allclose(numpy.asarray(keras.models.load_model(out, compile=False)(inputs)), expected, rtol=1e-5)
