"""Reads a folder: an unzipped ``.keras`` archive, or a SavedModel, which is named."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from kdoctor.archive.keras_parts import JSON_PARTS, Found, json_part, merged, missing, numpy_weights, shard_map, weights_part
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.snapshots import leads_elsewhere
from kdoctor.archive.zip.member import limit_fault
from kdoctor.archive.zip.names import CONFIG, NUMPY_WEIGHTS, SHARD_MAP, WEIGHTS, is_shard, role_of
from kdoctor.document import Fault, Format, Json, Member
from kdoctor.errors import ReadError
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

LONGEST_VERSION = 19  # digits
_SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt", "keras_metadata.pb")


def read_keras_dir(path: Path, limits: Limits) -> Reading:
    """The model in a folder. Raises `ReadError` when the folder holds none (it may hold model files, though)."""
    names = set(os.listdir(path))
    program = names.intersection(_SAVED_MODEL)
    if CONFIG not in names and WEIGHTS not in names:
        if program:
            return _saved_model(path, limits, {"names": sorted(program)})
        if versions := _versions(path, names):
            newest = path / str(versions[-1])
            return _saved_model(newest, limits, {"names": sorted(os.listdir(newest)), "versions": versions})
        written = {name.rpartition(".data-")[0] for name in names}
        if found := {name for name in names if name.endswith(".index") and name.removesuffix(".index") in written}:
            return other("tf-checkpoint", {"names": sorted(found)})
        raise ReadError(f"{path} is a folder that holds neither a model's config.json nor a saved_model.pb: name the model files in it")
    parts: dict[str, Json] = {"members": _members(path, limits)}
    faults = []
    for name, part in JSON_PARTS.items():
        found_parts, wrong = _json(path / name, part, limits)
        parts.update(found_parts)
        faults += wrong
    if program:  # Keras 3 opens the one, Keras 2 the other
        inside = _saved_model(path, limits, {"names": sorted(program)})
        if CONFIG not in names or ("config" in parts and "class_name" not in parts["config"]):
            return inside  # of other tools, which write a config.json of their own
        parts["objects"] = inside.parts.get("objects", {})
        several = Fault(FaultKind.POLYGLOT.value, "file", {"contents": ["keras-dir", "saved-model"], "read": "keras-dir"})
        faults += [several, *(fault for fault in inside.faults if fault.kind != FaultKind.OTHER_FORMAT)]
    faults += [*_links(path, parts["members"]), *_all_weights(path, names, parts, limits)]
    return Reading(Format.KERAS_DIR, "directory", parts, tuple(faults))


def _versions(path: Path, names: set[str]) -> list[int]:
    """The versions of a model in the layout of TensorFlow Serving: folders with a number for a name, each a SavedModel."""
    numbered = sorted(int(name) for name in names if name.isascii() and name.isdecimal() and len(name) <= LONGEST_VERSION)
    return [number for number in numbered if any((path / str(number) / file).is_file() for file in _SAVED_MODEL)]


def _saved_model(folder: Path, limits: Limits, detail: dict[str, Json]) -> Reading:
    from kdoctor.archive.saved_model import read_saved_model  # seldom met

    return read_saved_model(folder, limits, detail)


def _all_weights(path: Path, names: set[str], parts: dict[str, Json], limits: Limits) -> Iterator[Fault]:
    """Add the weights of model.weights.h5, or of all its shards, to the parts; yield what is wrong with them."""
    if WEIGHTS not in names and names & {NUMPY_WEIGHTS, SHARD_MAP}:
        files = [name for name in sorted(names) if is_shard(name)]
    else:
        files = [WEIGHTS]
    for file in files:
        found, wrong = _weights(path / file, limits)
        merged(parts, found)
        yield from wrong
    if NUMPY_WEIGHTS in names and (path / NUMPY_WEIGHTS).is_file():
        from kdoctor.archive.numpy_weights import numpy_faults  # seldom met

        with open(path / NUMPY_WEIGHTS, "rb") as stream:
            yield from numpy_weights([*numpy_faults(stream, os.fstat(stream.fileno()).st_size, limits)], WEIGHTS in names)
    if SHARD_MAP in names and (path / SHARD_MAP).is_file() and (path / SHARD_MAP).stat().st_size <= limits.json_bytes:
        yield from shard_map((path / SHARD_MAP).read_bytes(), limits)


def _links(path: Path, members: dict[int, Member]) -> Iterator[Fault]:
    """Links that lead out of the folder: what they point to is read as a part of the model."""
    root = os.path.realpath(path)
    links = [member.name for member in members.values() if stat.S_ISLNK(member.mode)]
    out = {name: "symlink" for name in links if not os.path.realpath(path / name).startswith(root + os.sep)}
    if out:
        yield Fault(FaultKind.PATH_TRAVERSAL.value, "file", {"names": list(out), "why": out, "listed_in": "folder"})


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
            place = Path(folder) / file
            status = os.lstat(place) if leads_elsewhere(place) else os.stat(place)
            name = place.relative_to(path).as_posix()
            members[len(members)] = Member(name, role_of(name, ""), status.st_size, status.st_size, 0, 0, 0, status.st_mode)
    return members
