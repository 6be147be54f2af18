"""Weights as a NumPy archive are judged as NumPy reads them, and nothing in them is read that could run."""

from __future__ import annotations

import io
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from model_files import keras_members, zip_bytes

from kdoctor.archive import open_document
from kdoctor.archive.numpy_weights import numpy_faults
from kdoctor.document import Fault
from kdoctor.limits import Limits


def faults(data: bytes) -> list[Fault]:
    return [*numpy_faults(io.BytesIO(data), len(data), Limits())]


def array(descr: bytes, shape: bytes = b"(1,)", version: int = 1) -> bytes:
    header = b"{'descr': %s, 'fortran_order': False, 'shape': %s, }\n" % (descr, shape)
    return b"\x93NUMPY" + bytes((version, 0)) + struct.pack("<H" if version == 1 else "<I", len(header)) + header


def saved(value: object) -> bytes:
    held = io.BytesIO()
    np.save(held, value)
    return held.getvalue()


def names(data: bytes) -> list[str]:
    return [name for fault in faults(data) if fault.kind == "object-array" for name in fault.detail["names"]]


OBJECTS = {
    "objects": array(b"'|O'"),
    "objects by an escape": array(b"'\\x7c\\x4f'"),
    "objects by their name": array(b"'object'"),
    "objects of a later version": array(b"'|O'", version=2),
    "objects among numbers": array(b"[('a', '<f4'), ('b', '|O')]"),
    "objects in records in records": array(b"[('a', [('b', 'O')])]"),
    "a header that is no literal": array(b"__import__('os')"),
    "a header without a type": array(b"None"),
    "as NumPy writes them": saved(np.array([{"a": 1}], dtype=object)),
}
NUMBERS = {
    "numbers": saved(np.zeros(3, "float32")),
    "nothing but a shape": saved(np.zeros(())),
    "records of numbers": saved(np.zeros(2, dtype=[("a", "<f4"), ("b", "<i8", (2,))])),
    "bfloat16": array(b"'<V2'"),
    "dates": saved(np.zeros(1, "datetime64[ns]")),
    "texts": saved(np.array(["a", "bc"])),
    "a shape of Python 2": array(b"'<f4'", b"(3L,)"),
}


@pytest.mark.parametrize("case", OBJECTS)
def test_arrays_of_objects_are_named(case: str) -> None:
    assert names(zip_bytes({"a.npy": OBJECTS[case]})) == ["a.npy"]
    assert names(OBJECTS[case]) == ["model.weights.npz"]


@pytest.mark.parametrize("case", NUMBERS)
def test_numbers_are_none(case: str) -> None:
    assert faults(zip_bytes({"a.npy": NUMBERS[case]})) == []
    assert faults(NUMBERS[case]) == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_whatever_is_no_archive_is_a_pickle_to_numpy(protocol: int) -> None:
    for data in (pickle.dumps({"a": [1]}, protocol), pickle.dumps(1, protocol) + zip_bytes({"a.npy": saved(np.zeros(3))})):
        (found,) = faults(data)
        assert found.detail["whole"]


def test_an_array_that_no_memory_holds_is_named() -> None:
    data = array(b"'<f8'", b"(1000000, 1000000)")
    for file in (data, zip_bytes({"a.npy": data})):
        (found,) = faults(file)
        assert (found.kind, found.detail["declared"]) == ("shape-bomb", 8 * 10**12)


@pytest.mark.parametrize("folder", [False, True])
def test_an_archive_of_numbers_is_no_weights_of_keras(tmp_path: Path, folder: bool) -> None:
    """Keras 3.15.1: "A total of 1 objects could not be loaded": it looks for a dict in each array."""
    members = {name: data for name, data in keras_members().items() if name != "model.weights.h5"}
    members["model.weights.npz"] = zip_bytes({"a.npy": saved(np.zeros(3))})
    path = tmp_path / ("model" if folder else "model.keras")
    if folder:
        path.mkdir()
        for name, data in members.items():
            (path / name).write_bytes(data)
    else:
        path.write_bytes(zip_bytes(members))
    assert [(fault.kind, fault.detail) for fault in open_document(path).faults.values()] == [("missing-part", {"name": "model.weights.h5"})]
