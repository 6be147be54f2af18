"""Writes a real ``.keras`` of any size without Keras: Dense layers of equal width, four unless told, weights of zeros.

    python benchmarks/model_file.py OUT.keras MEGABYTES [--layers N]

A program of its own, because the peak memory of a process that wrote gigabytes would be counted to the commands that it measures.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import h5py

LAYERS = 4
FLOAT_BYTES = 4
COPIED_BYTES = 2**20


def write_model(out: Path, megabytes: int, layers: int = LAYERS) -> None:
    """Write a model with about so many megabytes (10**6 bytes) of weights, not compiled; every member is stored, as Keras does."""
    width = math.isqrt(megabytes * 10**6 // (layers * FLOAT_BYTES))
    names = layer_names(layers)
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        weights = Path(folder, "model.weights.h5")
        _write_weights(weights, width, names)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("metadata.json", json.dumps({"keras_version": "3.15.1", "date_saved": "2026-11-20@12:00:00"}))
            archive.writestr("config.json", json.dumps(_config(width, names)))
            with open(weights, "rb") as source, archive.open("model.weights.h5", "w", force_zip64=True) as member:
                shutil.copyfileobj(source, member, COPIED_BYTES)


def layer_names(count: int = LAYERS) -> list[str]:
    """The names that Keras gives to layers of one class."""
    return ["dense", *(f"dense_{number}" for number in range(1, count))]


def _write_weights(path: Path, width: int, names: list[str]) -> None:
    with h5py.File(path, "w") as file:
        file.create_group("vars")
        for name in names:
            group = file.create_group(f"layers/{name}/vars")
            group.attrs["name"] = name
            for number, shape in enumerate([(width, width), (width,)]):
                group.create_dataset(str(number), shape, "float32", fillvalue=0, track_times=False)
                group[str(number)][-1:] = 0  # touched once, so that HDF5 gives the whole of it a place in the file


def _config(width: int, names: list[str]) -> dict[str, Any]:
    first = _object("InputLayer", {"batch_shape": [None, width], "dtype": "float32", "sparse": False, "name": "input_layer"})
    layers = [first, *(_dense(name, width) for name in names)]
    shape = [None, width]
    model = _object("Sequential", {"name": "sequential", "trainable": True, "layers": layers, "build_input_shape": shape}, "keras")
    return {**model, "build_config": {"input_shape": shape}, "compile_config": None}


def _dense(name: str, width: int) -> dict[str, Any]:
    config = {"name": name, "trainable": True, "units": width, "activation": "linear", "use_bias": True}
    return {**_object("Dense", config), "build_config": {"input_shape": [None, width]}}


def _object(class_name: str, config: dict[str, Any], module: str = "keras.layers") -> dict[str, Any]:
    return {"module": module, "class_name": class_name, "config": config, "registered_name": None}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Write a real .keras of any size without Keras.")
    parser.add_argument("out", type=Path)
    parser.add_argument("megabytes", type=int)
    parser.add_argument("--layers", type=int, default=LAYERS)
    asked = parser.parse_args()
    write_model(asked.out, asked.megabytes, asked.layers)
