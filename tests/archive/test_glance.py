"""A glance at the numbers of small models, whatever they are kept in."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from model_files import keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.archive.glance import SPAN
from kdoctor.archive.numbers import with_numbers_seen
from kdoctor.document import Document


def stored(tmp_path: Path, packed: int = 0, **arrays: Any) -> Document:
    """A model whose weights are these arrays, by their path."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for path, values in arrays.items():
            file[path.replace("__", "/")] = values
    path = tmp_path / "model.keras"
    path.write_bytes(zip_bytes({**keras_members(), "model.weights.h5": buffer.getvalue()}, packed))
    return open_document(path)


def told(document: Document) -> list[dict[str, Any]]:
    return [dict(fault.detail) for _, fault in document.faults_of("non-finite")]


def glanced(name: str, count: int, of: int) -> dict[str, Any]:
    return {"name": name, "count": count, "of": of, "glance": True}


@pytest.mark.parametrize("packed", [0, 8])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nan_and_infinity_are_told_with_their_array(tmp_path: Path, dtype: str, packed: int) -> None:
    sick = np.array([[1, np.nan], [-np.inf, 2]], dtype)
    document = stored(tmp_path, packed, layers__dense__vars__0=sick, layers__dense__vars__1=np.ones(2, dtype))
    assert told(document) == [glanced("layers/dense/vars/0", 2, 4)]
    assert told(with_numbers_seen(document)) == [{"name": "layers/dense/vars/0", "count": 2, "of": 4}]


def test_numbers_that_are_finite_are_no_fault(tmp_path: Path) -> None:
    assert told(stored(tmp_path, layers__dense__vars__0=np.array([3.4e38, -1e-45, 0], "float32"))) == []


def test_the_optimizers_numbers_do_not_count(tmp_path: Path) -> None:
    assert told(stored(tmp_path, optimizer__vars__1=np.array([np.nan], "float32"))) == []


def test_what_metrics_counted_up_does_not_count(tmp_path: Path) -> None:
    document = stored(tmp_path, layers__dense__vars__0=np.ones((2, 2), "float32"), metrics__mean__vars__0=np.float32("nan"))
    assert told(document) == told(with_numbers_seen(document)) == []


def test_larger_models_are_not_looked_at(tmp_path: Path) -> None:
    assert told(stored(tmp_path, layers__dense__vars__0=np.full(SPAN // 4 + 1, np.nan, "float32"))) == []


def test_a_model_in_an_h5_is_looked_at_too(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
        file["model_weights/dense/dense/bias:0"] = np.array([np.nan], "float32")
    assert told(open_document(path)) == [glanced("model_weights/dense/dense/bias:0", 1, 1)]
