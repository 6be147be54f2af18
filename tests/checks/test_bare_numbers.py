"""K610: a number of NumPy that an operation was called with is a plain number in the file, and has no dtype."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy
import pytest
from keras import Input, Model, ops
from typer.testing import CliRunner

from kdoctor.archive import open_document
from kdoctor.cli.app import app
from kdoctor.target import Target
from kdoctor.testing import examine

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

VALUES = numpy.array([[1, 2, 7], [5, 0, 3]])
CALLS: list[tuple[str, Callable[[Any], Any]]] = [
    ("int32", lambda x: ops.bitwise_and(x, numpy.int32(3))),
    ("int32", lambda x: ops.bitwise_xor(numpy.array(5), x)),
    ("int32", lambda x: ops.bitwise_left_shift(numpy.int32(1), x)),
    ("uint8", lambda x: ops.bitwise_or(ops.bitwise_and(x, numpy.uint8(6)), numpy.uint8(1))),
    ("float32", lambda x: ops.heaviside(x, numpy.float32(0.5))),
    ("float32", lambda x: ops.hypot(x, numpy.float32(2))),
]


def saved(dtype: str, called: Callable[[Any], Any], path: Path) -> Any:
    start = Input((3,), dtype=dtype)
    model = Model(start, called(start))
    model.save(path)
    return model


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_the_number_is_written_as_an_array(number: int, tmp_path: Path) -> None:
    dtype, called = CALLS[number]
    path, out = tmp_path / "model.keras", tmp_path / "cured.keras"
    model = saved(dtype, called, path)
    with pytest.raises(AttributeError, match="object has no attribute 'dtype'"):
        keras.saving.load_model(path)
    ran = CliRunner().invoke(app, ["fix", str(path), "-o", str(out)], env={"COLUMNS": "500"})
    assert ran.exit_code == 0, ran.output
    values = VALUES.astype(dtype)
    numpy.testing.assert_array_equal(numpy.asarray(keras.saving.load_model(out)(values)), numpy.asarray(model(values)))


def test_a_shift_by_a_number_is_called_so_by_users_since_keras_3_10(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    saved("int32", lambda x: ops.bitwise_left_shift(x, 2), path)
    assert examine("K610", open_document(path)) == []
    (finding,) = examine("K610", open_document(path), Target("3.9.2"))
    assert finding.repair is not None


def test_what_the_tensor_beside_it_cannot_hold_is_told_without_a_cure(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    saved("uint8", lambda x: ops.bitwise_or(x, numpy.int32(300)), path)
    (finding,) = examine("K610", open_document(path))
    assert finding.repair is None
    assert [need.flag for need in finding.needs] == ["FILE"]
