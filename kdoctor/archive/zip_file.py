"""Reads a zip of any kind: one of Keras, one that a Keras file was packed into, or one of something else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from kdoctor.archive.keras_zip import read_keras_zip
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.sniff_text import printable
from kdoctor.archive.zip_directory import read_directory
from kdoctor.archive.zip_end import End, find_end, find_end_from
from kdoctor.archive.zip_member import Archive, MemberError
from kdoctor.archive.zip_names import CONFIG, METADATA, WEIGHTS, folder_of, plain
from kdoctor.archive.zip_recovery import recover, truncation
from kdoctor.document import Fault, Json
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

ReadInner = Callable[[BinaryIO, int, str], Reading]
_INNER: Final = re.compile(r"\.(?:keras|h5|hdf5|zip|gz)$", re.IGNORECASE)
# (pattern of a name, content): zips of other tools that hold models
_OTHER_ZIPS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:.*/)?saved_model\.pb(?:txt)?", "saved-model"),
    (r"[^/]+/data\.pkl", "pytorch"),
    (r"[^/]+\.npy", "npz"),
    (r"(?:.*/)?model\.json", "tfjs"),
)


def read_zip(stream: BinaryIO, size: int, limits: Limits, read_inner: ReadInner) -> Reading:
    """What the zip holds. ``read_inner`` reads a member (stream, size, name) that is a file of its own."""
    archive, faults = _archive(stream, size, limits)
    folder = folder_of(entry.name for entry in archive.entries)
    if folder is not None and _is_keras(archive, folder):
        keras = read_keras_zip(archive, folder)
        return Reading(keras.format, keras.content, keras.parts, (*faults, *keras.faults))
    if (inner := _inner(archive, faults, read_inner)) is not None:
        return inner
    names = [plain(entry.name) for entry in archive.entries]
    content = next((content for pattern, content in _OTHER_ZIPS for name in names if re.fullmatch(pattern, name)), "zip")
    return other(content, {"names": names[:20]}, tuple(faults))


def _archive(stream: BinaryIO, size: int, limits: Limits) -> tuple[Archive, list[Fault]]:
    """The entries as the directory states them, or as the local headers do where there is no directory that fits."""
    end = find_end(stream, size)
    if end is not None and end.shift >= 0:
        return _with_directory(stream, size, end, limits)
    recovered = recover(stream, size, limits)
    if end is None and (end := find_end_from(stream, size, recovered.end)) is not None:
        return _with_directory(stream, size, end, limits)
    entries = {entry.name: entry for entry in recovered.entries}
    if end is not None:  # bytes are missing from the middle: what stands after the gap is found through the directory
        entries = {entry.name: entries.get(entry.name, entry) for entry in read_directory(stream, end, limits)[0]}
    archive = Archive(stream, size, tuple(entries.values()), limits)
    return archive, [truncation(archive, recovered.cut, size - end.shift if end else None)]


def _with_directory(stream: BinaryIO, size: int, end: End, limits: Limits) -> tuple[Archive, list[Fault]]:
    entries, faults = read_directory(stream, end, limits)
    leading = min((entry.offset for entry in entries), default=end.shift)
    if leading > 0:
        stream.seek(0)
        detail: dict[str, Json] = {"count": leading, "head": printable(stream.read(min(leading, 256)))}
        faults.append(Fault(FaultKind.LEADING_BYTES.value, "file", detail))
    if end.trailing:
        faults.append(Fault(FaultKind.TRAILING_BYTES.value, "file", {"count": end.trailing}))
    return Archive(stream, size, tuple(entries), limits), faults


def _is_keras(archive: Archive, folder: str) -> bool:
    """Whether the parts are those of Keras: a config.json alone stands in many an archive, so its text must say so."""
    entries = {plain(entry.name)[len(folder) :]: entry for entry in archive.entries if plain(entry.name).startswith(folder)}
    if WEIGHTS in entries or (CONFIG in entries and METADATA in entries):
        return True
    entry, sign = (entries[CONFIG], b'"class_name"') if CONFIG in entries else (entries[METADATA], b'"keras_version"')
    try:
        return sign in next(archive.chunks(entry), b"")
    except MemberError:
        return False


def _inner(archive: Archive, faults: list[Fault], read_inner: ReadInner) -> Reading | None:
    """The reading of the one model file in the archive, or None when there is none, or more than one."""
    files = [entry for entry in archive.entries if not entry.name.endswith("/") and not plain(entry.name).startswith("__MACOSX/")]
    models = [entry for entry in files if _INNER.search(entry.name)]
    if len(models) != 1 or archive.over_limits(models[0], "file") is not None:
        return None
    name = plain(models[0].name)
    try:
        with archive.open(models[0]) as stream:
            reading = read_inner(cast(BinaryIO, stream), models[0].size, name)
    except MemberError as error:
        return other("zip", {"names": [name]}, (*faults, _unreadable(name, str(error))))
    return reading.within(f"zip:{name}", *faults, Fault(FaultKind.WRAPPED.value, "file", {"how": "zip", "name": name}))


def _unreadable(name: str, why: str) -> Fault:
    return Fault(FaultKind.UNREADABLE_MEMBER.value, "file", {"name": name, "why": why})
