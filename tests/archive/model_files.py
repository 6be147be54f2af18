"""Real files for the tests of the writer: made by zipfile and h5py as Keras makes them, with the smallest model there is."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from kdoctor.archive import open_document
from kdoctor.document import Document
from kdoctor.edit import Edit, apply
from kdoctor.pointer import Pointer

CONFIG = {
    "module": "keras",
    "class_name": "Sequential",
    "config": {
        "name": "sequential",
        "layers": [{"module": "keras.layers", "class_name": "Dense", "config": {"name": "dense", "units": 2}}],
    },
    "registered_name": None,
}
TRAINING = {"optimizer": "adam", "loss": "mse"}
METADATA = {"keras_version": "3.15.1", "date_saved": "2026-11-20@12:00:00"}
KERNEL = np.arange(6, dtype="float32").reshape(3, 2)
BIAS = np.ones(2, "float32")


def weights_bytes() -> bytes:
    """A model.weights.h5 with one Dense layer, in Keras 3's layout."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        group = file.create_group("layers/dense/vars")
        group.parent.attrs["name"] = "dense"
        group["0"], group["1"] = KERNEL, BIAS
    return buffer.getvalue()


def keras_members() -> dict[str, bytes]:
    """The members of a compiled model, in Keras's order."""
    config = json.dumps({**CONFIG, "compile_config": TRAINING}).encode()
    return {"metadata.json": json.dumps(METADATA).encode(), "config.json": config, "model.weights.h5": weights_bytes()}


def zip_bytes(members: Mapping[str, bytes] | list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items() if isinstance(members, Mapping) else members:
            archive.writestr(name, data)
    return buffer.getvalue()


def keras_file(path: Path, **other: bytes) -> Path:
    """A healthy `.keras` file; ``other`` replaces members by the stem of their name."""
    members = {name: other.get(name.split(".")[0], data) for name, data in keras_members().items()}
    path.write_bytes(zip_bytes(members))
    return path


def h5_file(path: Path, config: Any = CONFIG, names: int = 0) -> Path:
    """A healthy `.h5` model; with ``names``, so many more weights in the layer."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.15.0", "tensorflow"
        file.attrs["model_config"], file.attrs["training_config"] = json.dumps(config).encode(), json.dumps(TRAINING).encode()
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"], weights.attrs["keras_version"], weights.attrs["backend"] = ["dense"], "2.15.0", "tensorflow"
        layer = weights.create_group("dense")
        layer["dense/kernel:0"], layer["dense/bias:0"] = KERNEL, BIAS
        extra = [f"dense/extra_variable_with_a_long_name_{number:05}:0" for number in range(names)]
        for name in extra:
            layer[name] = np.float32(0)
        if not names:
            layer.attrs["weight_names"] = ["dense/kernel:0", "dense/bias:0"]
        for number, piece in enumerate(np.array_split(np.array(extra, "S"), 3) if names else []):
            layer.attrs[f"weight_names{number}"] = piece
    return path


def edited(document: Document, part: str, *keys: str, new: Any) -> Document:
    """The document with one value replaced."""
    at = Pointer(part, keys)
    return apply(document, [Edit(at, old=document.at(at), new=new)])


def cured(document: Document, *kinds: str) -> Document:
    """The document without its faults of these kinds, or without any."""
    faults = {key: fault for key, fault in document.faults.items() if kinds and fault.kind not in kinds}
    return document.replacing({**document.parts, "faults": faults})


def moved(document: Document, paths: Mapping[str, str | None]) -> Document:
    """The document with weights under other paths; None for one that goes."""
    weights = {paths.get(path, path): weight for path, weight in document.weights.items()}
    return document.replacing({**document.parts, "weights": {path: weight for path, weight in weights.items() if path is not None}})


def plan_for(source: Path) -> tuple[Document, Document]:
    """The document of a file, and the plan to give its model another name."""
    before = open_document(source)
    return before, edited(before, "config", "config", "name", new="renamed")


def name_of(path: Path) -> str:
    """The name of the model in a file."""
    name: str = open_document(path).config["config"]["name"]
    return name


def raw_members(path: Path) -> dict[str, tuple[bytes, ...]]:
    """Name -> what makes up each member: packed bytes, and the header fields that a copy must keep."""
    data = path.read_bytes()
    found = {}
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            name_length, extra_length = struct.unpack_from("<2H", data, info.header_offset + 26)
            start = info.header_offset + 30 + name_length + extra_length
            local_extra = data[start - extra_length : start]
            kept = (
                info.compress_type,
                info.date_time,
                info.external_attr,
                info.internal_attr,
                info.create_system,
                info.extra,
                info.comment,
            )
            found[info.filename] = (data[start : start + info.compress_size], local_extra, repr((*kept, info.CRC, info.file_size)).encode())
    return found
