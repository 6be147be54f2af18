"""Reads a zip of any kind: one of Keras, one that a Keras file was packed into, or one of something else."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from typing import BinaryIO, Final, TypeAlias, cast

from kdoctor.archive.keras_zip import read_keras_zip
from kdoctor.archive.other import other
from kdoctor.archive.reading import Reading
from kdoctor.archive.zip.archive import open_zip
from kdoctor.archive.zip.member import Archive, MemberError
from kdoctor.archive.zip.names import CONFIG, METADATA, WEIGHTS, folder_of, plain
from kdoctor.document import Fault
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

ReadInner: TypeAlias = Callable[[BinaryIO, int, str], Reading]
_MODEL_NAME: Final = re.compile(r"\.(?:keras|h5|hdf5|zip|gz)$", re.IGNORECASE)
_NAMES_SHOWN = 20
# (pattern of a member's name, content): zips of other tools that hold models
_OTHER_ZIPS: Final[tuple[tuple[str, str], ...]] = (
    (r"(?:.*/)?saved_model\.pb(?:txt)?", "saved-model"),
    (r"[^/]+/data\.pkl", "pytorch"),
    (r"[^/]+\.npy", "npz"),
    (r"(?:.*/)?model\.json", "tfjs"),
)


def read_zip(stream: BinaryIO, size: int, limits: Limits, read_inner: ReadInner) -> Reading:
    """What the zip holds. ``read_inner`` reads a member (stream, size, name) that is a file of its own."""
    opened = open_zip(stream, size, limits)
    if opened is None:
        return other("text-mode", {"content": "zip"})
    archive = opened.archive
    folder = folder_of(entry.name for entry in archive.entries)
    if folder and any(plain(entry.name) == CONFIG for entry in archive.entries) and _is_keras(archive, ""):
        folder = ""  # what Keras opens, whatever stands in a folder beside it
    if folder is not None and _is_keras(archive, folder):
        return read_keras_zip(archive, folder, opened.cut, opened.faults)
    if (inner := _inner(archive, opened.faults, read_inner)) is not None:
        return inner
    names = [plain(entry.name) for entry in archive.entries]
    content = next((content for pattern, content in _OTHER_ZIPS for name in names if re.fullmatch(pattern, name)), "zip")
    return other(content, {"names": names[:_NAMES_SHOWN]}, opened.faults)


def _is_keras(archive: Archive, folder: str) -> bool:
    """Whether the parts are those of Keras: a config.json alone stands in many an archive, so its text must say so."""
    entries = {plain(entry.name)[len(folder) :]: entry for entry in archive.entries if plain(entry.name).startswith(folder)}
    if WEIGHTS in entries or (CONFIG in entries and METADATA in entries):
        return True
    entry, sign = (entries[CONFIG], b'"class_name"') if CONFIG in entries else (entries[METADATA], b'"keras_version"')
    if archive.over_limits(entry, "config") is not None:
        return CONFIG in entries
    try:
        text = archive.read_what_is_there(entry).replace(
            b"\0", b""
        )  # all of it: the sign may stand behind a thousand blanks, in escapes, or in UTF-16
    except MemberError:
        return False
    return sign in text or (CONFIG in entries and b"\\u" in text)


def _inner(archive: Archive, faults: Sequence[Fault], read_inner: ReadInner) -> Reading | None:
    """The reading of the one model file in the archive, or None when there is none, or more than one."""
    files = [entry for entry in archive.entries if not plain(entry.name).startswith("__MACOSX/")]
    models = [entry for entry in files if _MODEL_NAME.search(entry.name)]
    if len(models) != 1 or archive.over_limits(models[0], "file") is not None:
        return None
    name = plain(models[0].name)
    try:
        with archive.open(models[0]) as stream:
            stream.seek(0, os.SEEK_END)
            reading = read_inner(cast(BinaryIO, stream), stream.tell(), name)
    except MemberError as error:
        unreadable = Fault(FaultKind.UNREADABLE_MEMBER.value, "file", {"name": name, "why": str(error)})
        return other("zip", {"names": [name]}, (*faults, unreadable))
    return reading.within(f"zip:{name}", *faults, Fault(FaultKind.WRAPPED.value, "file", {"how": "zip", "name": name}))
