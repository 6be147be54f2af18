"""From a path to a document: the one way in for every file, whatever its name says that it is."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from kdoctor.archive.compressed_file import read_compressed
from kdoctor.archive.compression import PACKINGS
from kdoctor.archive.keras_dir import read_keras_dir
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.remote.file import Place, RemoteFile
from kdoctor.archive.shards import MAP, read_sharded
from kdoctor.archive.sniffing.polyglot import contents_of
from kdoctor.archive.sniffing.sniff import sniff
from kdoctor.archive.tar_file import read_tar
from kdoctor.archive.zip.file import read_zip
from kdoctor.document import Document, Fault, Format, Json, Origin
from kdoctor.errors import ReadError
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

_CONTAINERS_DEEP: Final = 4  # a gzip of a zip of a zip is an accident; more is a trap
SAVED_MODEL: Final = "saved-model"
_KNOWN: Final[dict[Format, tuple[str, ...]]] = {
    # what load_model of Keras 3.15.1 looks for at the end of the name, case and all (keras/src/saving/saving_api.py); the first is the usual
    Format.KERAS_ZIP: (".keras",),
    Format.H5_MODEL: (".h5", ".hdf5"),
    Format.H5_WEIGHTS: (".h5", ".hdf5"),
}


def open_document(path: Place, limits: Limits = Limits()) -> Document:  # noqa: B008 (a frozen value)
    """The document of a file or of an unzipped archive; whatever the bytes are, there is one, with faults that say what is wrong.

    Raises `ReadError` when the path cannot be opened at all: missing, forbidden, a device, a folder without a model.
    """
    if isinstance(path, RemoteFile):
        with path.opened() as (remote, size):
            reading = _read(remote, size, path.name, limits, 0)
            return _document(path.name, size, reading, _digest(remote, size, limits), None)
    try:
        status = _status(path)
        if stat.S_ISDIR(status.st_mode):
            reading = read_keras_dir(path, limits)
            members = reading.parts.get("members", {}).values()
            held = sum(member.size for member in members) if members else _bytes_below(path, limits.members)
            return _local(path, status, reading, "", held)
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(f"{path} is neither a file nor a folder")
        with open(path, "rb") as stream:
            status = os.fstat(stream.fileno())
            reading = _read(stream, status.st_size, path.name, limits, 0)
            reading = read_sharded(path, limits) if reading.content == MAP else reading
            reading = _unquoted(reading) if path.is_symlink() else reading
            held = sum(member.size for member in reading.parts.get("members", {}).values())
            held = held if reading.content == "directory" else status.st_size
            return _local(path, status, reading, _digest(stream, status.st_size, limits), held)
    except OSError as error:
        raise ReadError(f"{path} cannot be read: {error.strerror or error}") from error


def _status(path: Path) -> os.stat_result:
    try:
        return os.stat(path)
    except ValueError as error:  # a NUL in the name
        raise ReadError(f"{str(path)!r} is no file name: {error}") from error


def _read(stream: BinaryIO, size: int, name: str, limits: Limits, depth: int) -> Reading:
    found = sniff(stream, size, name)
    if found.content == "tar":
        return read_tar(stream, size, limits, partial(_read_inner, limits=limits, depth=depth + 1))
    if found.content == SAVED_MODEL:
        from kdoctor.archive.saved_model import read_saved_model_file  # seldom met

        return read_saved_model_file(stream, size, limits)
    if found.content not in ("zip", "hdf5", *PACKINGS):
        return other(found.content, found.detail)
    inner = partial(_read_inner, limits=limits, depth=depth + 1)
    content, *others = contents_of(stream, size, found.content, name, limits)
    if content == "hdf5":
        reading = _hdf5(stream, size, limits)
    elif content == "zip":
        reading = read_zip(stream, size, limits, inner)
    else:
        reading = read_compressed(stream, size, content, limits, inner)
    if not others:
        return reading
    several = Fault(FaultKind.POLYGLOT.value, "file", {"contents": [content, *others], "read": content})
    return replace(reading, faults=(several, *reading.faults))


def _unquoted(reading: Reading) -> Reading:
    """Without the first bytes of what is no model: a link may lead to any file of the machine, and reports are read by others."""
    bare = (
        replace(fault, detail={**fault.detail, "head": ""}) if fault.kind == FaultKind.NOT_A_MODEL and "head" in fault.detail else fault
        for fault in reading.faults
    )
    return replace(reading, faults=tuple(bare))


def _read_inner(stream: BinaryIO, size: int, name: str, limits: Limits, depth: int) -> Reading:
    if depth > _CONTAINERS_DEEP:
        return other("zip", {"head": ""})
    return _read(stream, size, name, limits, depth)


def _hdf5(stream: BinaryIO, size: int, limits: Limits) -> Reading:
    from kdoctor.archive.h5 import read_h5

    format, parts = read_h5(stream, size, limits)
    faults: list[Fault] = parts.pop("faults", [])
    return Reading(format, "hdf5", parts, tuple(faults))


def _bytes_below(folder: Path, most: int) -> int:
    """The sizes of up to ``most`` files in a folder and in those within it; links are not followed."""
    files = (os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(found.st_size for found in map(os.lstat, islice(files, most)) if stat.S_ISREG(found.st_mode))


def _local(path: Path, status: os.stat_result, reading: Reading, digest: str, size: int) -> Document:
    return _document(path.name, size, reading, digest, Origin(path, status.st_size, status.st_mtime_ns, reading.wrapping))


def _document(name: str, size: int, reading: Reading, digest: str, origin: Origin | None) -> Document:
    faults = [*reading.faults, *(() if reading.content == MAP else _extension_faults(name, reading.format))]
    parts: dict[str, Json] = {
        **reading.parts,
        "file": {"name": name, "extension": _extension(name).lower(), "size": size, "content": reading.content},
        "faults": dict(enumerate(faults)),
    }
    return Document(reading.format, parts, digest, origin)


def _extension(name: str) -> str:
    stem, suffix = os.path.splitext(name)
    return os.path.splitext(stem)[1] + suffix if stem.lower().endswith(".weights") else suffix


def _extension_faults(name: str, format: Format) -> list[Fault]:
    if format is Format.KERAS_DIR and name.endswith(".keras"):
        return [Fault(FaultKind.WRONG_EXTENSION.value, "file", {"extension": ".keras", "right": ".keras", "content": "folder"})]
    known = _KNOWN.get(format, ())
    if not known or name.endswith(known):
        return []
    return [Fault(FaultKind.WRONG_EXTENSION.value, "file", {"extension": _extension(name), "right": known[0]})]


def _digest(stream: BinaryIO, size: int, limits: Limits) -> str:
    if size > limits.digest_bytes:
        return ""
    stream.seek(0)
    return hashlib.sha256(stream.read(size)).hexdigest()
