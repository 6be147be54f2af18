"""Reads a folder: an unzipped ``.keras`` archive, or a SavedModel, which is named."""

from __future__ import annotations

import os
from pathlib import Path

from kdoctor.archive.keras_parts import JSON_PARTS, Found, json_part, missing, weights_part
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.zip.member import limit_fault
from kdoctor.archive.zip.names import CONFIG, NUMPY_WEIGHTS, WEIGHTS, role_of
from kdoctor.document import Format, Json, Member
from kdoctor.errors import ReadError
from kdoctor.limits import Limits

_SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt", "keras_metadata.pb")


def read_keras_dir(path: Path, limits: Limits) -> Reading:
    """The model in a folder. Raises `ReadError` when the folder holds none (it may hold model files, though)."""
    names = set(os.listdir(path))
    if CONFIG not in names and WEIGHTS not in names:
        if found := names.intersection(_SAVED_MODEL):
            return other("saved-model", {"names": sorted(found)})
        if found := {name for name in names if name.endswith(".index") and f"{name.removesuffix('.index')}.data-" in " ".join(names)}:
            return other("tf-checkpoint", {"names": sorted(found)})
        raise ReadError(f"{path} is a folder that holds neither a model's config.json nor a saved_model.pb: name the model files in it")
    parts: dict[str, Json] = {"members": _members(path, limits)}
    faults = []
    for name, part in JSON_PARTS.items():
        found_parts, wrong = _json(path / name, part, limits)
        parts.update(found_parts)
        faults += wrong
    found_parts, wrong = _weights(path / WEIGHTS, limits)
    if wrong and (path / NUMPY_WEIGHTS).is_file() and not (path / WEIGHTS).is_file():
        wrong = []
    parts.update(found_parts)
    return Reading(Format.KERAS_DIR, "directory", parts, (*faults, *wrong))


def _json(path: Path, part: str, limits: Limits) -> Found:
    if not path.is_file():
        return {}, [missing(path.name)]
    size = path.stat().st_size
    if size > limits.json_bytes:
        return {}, [limit_fault(part, "json_bytes", limits.json_bytes, size, name=path.name)]
    return json_part(path.read_bytes(), part, limits)


def _weights(path: Path, limits: Limits) -> Found:
    if not path.is_file():
        return {}, [missing(path.name)]
    with open(path, "rb") as stream:
        return weights_part(stream, path.stat().st_size, limits)


def _members(path: Path, limits: Limits) -> dict[int, Member]:
    """The files below the folder by their names as an archive would have them; links to folders are not followed."""
    members: dict[int, Member] = {}
    for folder, folders, files in os.walk(path):
        folders.sort()
        for file in sorted(files):
            if len(members) == limits.members:
                return members
            status = os.lstat(os.path.join(folder, file))
            name = (Path(folder) / file).relative_to(path).as_posix()
            members[len(members)] = Member(name, role_of(name, ""), status.st_size, status.st_size, 0, 0, 0, status.st_mode)
    return members
