"""HDF5 files in memory, and what the reader tells of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import h5py
import numpy as np

from kdoctor.archive.hdf5.structure import Hdf5, read_hdf5
from kdoctor.document import Json
from kdoctor.limits import Limits

Fill = Callable[[Any], object]
NUMBERS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16", "float32", "float64", "complex64")


def stored(fill: Fill, **options: Any) -> bytes:
    memory = io.BytesIO()
    with h5py.File(memory, "w", **options) as file:
        fill(file)
    return memory.getvalue()


def read(data: bytes, **bounds: int) -> Hdf5:
    return read_hdf5(io.BytesIO(data), len(data), Limits(**bounds))


def faults(found: Hdf5) -> list[tuple[str, Mapping[str, Json]]]:
    return [(fault.kind, fault.detail) for fault in found.faults]


def layers(file: Any) -> None:
    for number in range(40):
        group = file.create_group(f"layers/dense_{number}/vars")
        group.attrs["name"] = f"dense_{number}"
        group["0"] = np.zeros((number, 3), "float32")
        group["1"] = np.zeros(3, "float16")
