"""Files that real Keras saved, with one of their parts changed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import h5py

Change: TypeAlias = "Callable[[bytes], bytes]"


def rewritten(whole: Path, path: Path, changes: Mapping[str, Change]) -> Path:
    """Writes a copy of ``whole``, which may stand in its own place, with the changes to its members."""
    with zipfile.ZipFile(whole) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, changes[name](content) if name in changes else content)
    return path


def with_config(whole: Path, path: Path, change: Callable[[Any], object]) -> Path:
    """The same, also of an ``.h5``, with another config of the model, which ``change`` edits in place."""
    if zipfile.is_zipfile(whole):
        return rewritten(whole, path, {"config.json": in_json(change)})

    def in_attribute(file: h5py.File) -> None:
        file.attrs["model_config"] = in_json(change)(file.attrs["model_config"].encode()).decode()

    path.write_bytes(in_hdf5(in_attribute)(whole.read_bytes()))
    return path


def saved_by(release: str) -> dict[str, Change]:
    """For ``rewritten``: the release of Keras that the archive states."""
    return {"metadata.json": lambda content: json.dumps({"keras_version": release}).encode()}


def in_json(change: Callable[[Any], object]) -> Change:
    def changed(content: bytes) -> bytes:
        value = json.loads(content)
        change(value)
        return json.dumps(value).encode()

    return changed


def in_hdf5(change: Callable[[h5py.File], object]) -> Change:
    def changed(content: bytes) -> bytes:
        data = io.BytesIO(content)
        with h5py.File(data, "r+") as file:
            change(file)
        return data.getvalue()

    return changed
