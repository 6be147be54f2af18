"""The files that a config stands in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
from model_files import METADATA, weights_bytes, zip_bytes
from saved_model.protobufs import field, saved_model

Json = Any
Write = Callable[[Path, Json, Json], Path]  # folder, config, training -> the file


def native(config: Json, training: Json) -> dict[str, bytes]:
    """The members of a ``.keras`` archive."""
    text = json.dumps({**config, "compile_config": training}).encode()
    return {"metadata.json": json.dumps(METADATA).encode(), "config.json": text, "model.weights.h5": weights_bytes()}


def archive(folder: Path, config: Json, training: Json) -> Path:
    path = folder / "model.keras"
    path.write_bytes(zip_bytes(native(config, training)))
    return path


def deflated(folder: Path, config: Json, training: Json) -> Path:
    path = folder / "deflated.keras"
    path.write_bytes(zip_bytes({f"model/{name}": data for name, data in native(config, training).items()}, 8))
    return path


def unzipped(folder: Path, config: Json, training: Json) -> Path:
    path = folder / "unzipped"
    path.mkdir(exist_ok=True)
    for name, data in native(config, training).items():
        (path / name).write_bytes(data)
    return path


def hdf5(folder: Path, config: Json, training: Json, name: str = "model.h5") -> Path:
    path = folder / name
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.15.0", "tensorflow"
        file.attrs["model_config"] = json.dumps(config).encode()
        if training is not None:
            file.attrs["training_config"] = json.dumps(training).encode()
        weights = file.create_group("model_weights")
        weights.attrs["layer_names"] = []
        weights.attrs["keras_version"], weights.attrs["backend"] = "2.15.0", "tensorflow"
    return path


def program(folder: Path, config: Json, training: Json) -> Path:
    """What Keras 2 writes of a model into the folder of a SavedModel, and makes it of again."""
    path = folder / "program"
    path.mkdir(exist_ok=True)
    (path / "saved_model.pb").write_bytes(saved_model())
    text = json.dumps({**config, "model_config": config, "training_config": training})
    (path / "keras_metadata.pb").write_bytes(field(1, field(3, "root") + field(4, "_tf_keras_model") + field(5, text)))
    return path


CONTAINERS: dict[str, Write] = {
    ".keras": archive,
    "deflated, in a folder": deflated,
    "unzipped": unzipped,
    ".h5": hdf5,
    ".hdf5": lambda folder, config, training: hdf5(folder, config, training, "model.hdf5"),
    "SavedModel": program,
}
