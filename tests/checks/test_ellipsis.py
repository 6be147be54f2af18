"""K604 for calls with an Ellipsis, which the reader of .h5 files does not take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from graphs import cured, functional, start
from typer.testing import CliRunner

from kdoctor.cli.app import app
from kdoctor.document import Document, Format
from kdoctor.target import Target
from kdoctor.testing import document, examine, layer

DOTS = {"class_name": "__ellipsis__", "config": {}}
WHOLE = {"class_name": "__slice__", "config": {"start": None, "stop": None, "step": None}}


def sliced(keys: object, shape: object = (None, 5, 4), class_name: str = "GetItem", format: Format = Format.H5_MODEL) -> Document:
    tensor = {"class_name": "__keras_tensor__", "config": {"shape": shape and list(shape), "keras_history": ["in", 0, 0]}}  # type: ignore[call-overload]
    call = {**layer(class_name, name="out"), "name": "out", "inbound_nodes": [{"args": [tensor, keys], "kwargs": {}}]}
    return document(functional(start(), call), format=format)


@pytest.mark.parametrize(
    ("keys", "plain"),
    [
        ([DOTS, 0], [WHOLE, WHOLE, 0]),
        ([0, DOTS], [0, WHOLE, WHOLE]),
        ([WHOLE, DOTS, None, 1], [WHOLE, WHOLE, None, 1]),
        ([WHOLE, WHOLE, WHOLE, DOTS], [WHOLE, WHOLE, WHOLE]),
        (DOTS, [WHOLE, WHOLE, WHOLE]),
    ],
)
def test_an_ellipsis_is_written_as_the_whole_axes_that_it_stands_for(keys: object, plain: object) -> None:
    sick = sliced(keys)
    (finding,) = examine("K604", sick)
    healed = cured(sick, finding)
    assert healed.config["config"]["layers"][1]["inbound_nodes"][0]["args"][1] == plain
    assert examine("K604", healed) == []


@pytest.mark.parametrize("sick", [sliced([DOTS, 0], shape=None), sliced([DOTS, DOTS]), sliced([DOTS], class_name="Mine")])
def test_where_the_axes_are_not_told_an_archive_is_written(sick: Document) -> None:
    (finding,) = examine("K604", sick)
    assert finding.repair is not None
    assert (finding.repair.native, finding.repair.edits) == (True, ())
    (finding,) = examine("K604", sick, Target("3.2.1"))
    assert finding.repair is None


def test_archives_are_read_with_it_since_keras_3_3() -> None:
    sick = sliced([DOTS, 0], format=Format.KERAS_ZIP)
    assert examine("K604", sick, Target("3.3.3")) == []
    (finding,) = examine("K604", sick, Target("3.2.1"))
    assert examine("K604", cured(sick, finding), Target("3.2.1")) == []


@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file", "ignore:__array__ implementation")
@pytest.mark.parametrize("taken", [lambda x: x[..., 0], lambda x: x[:, ..., 1:3], lambda x: x[..., None, -1]])
def test_a_slice_with_an_ellipsis_in_an_h5_computes_the_same_again(tmp_path: Path, taken: Callable[[Any], Any]) -> None:
    path, out = tmp_path / "model.h5", tmp_path / "cured.h5"
    given = keras.Input((5, 4))
    saved = keras.Model(given, keras.layers.Dense(2)(taken(given)))
    saved.save(path)
    assert CliRunner().invoke(app, ["fix", str(path), "-o", str(out)]).exit_code == 0
    numbers = numpy.random.RandomState(3).rand(2, 5, 4).astype("float32")
    assert numpy.allclose(keras.saving.load_model(out)(numbers), saved(numbers), atol=1e-6)
