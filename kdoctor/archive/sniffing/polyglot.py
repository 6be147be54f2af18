"""Files that are two things at once: a zip to one reader, HDF5 to another."""

from __future__ import annotations

from typing import BinaryIO, Final

from kdoctor.archive.sniffing.text_mode import HDF5_SIGNATURE
from kdoctor.archive.zip.directory import read_directory
from kdoctor.archive.zip.end import find_end, has_directory
from kdoctor.archive.zip.member import STORED, Archive, MemberError
from kdoctor.limits import Limits

USER_BLOCKS: Final = tuple(512 << doubling for doubling in range(16))  # where else an HDF5 file may start: up to 16 MiB
OPENED_AS: Final = {".keras": "zip", ".h5": "hdf5", ".hdf5": "hdf5"}  # Keras 3 goes by the end of the name


def contents_of(stream: BinaryIO, size: int, content: str, name: str, limits: Limits) -> tuple[str, ...]:
    """What the bytes are besides ``content``, the one that Keras would open by the file's name first."""
    found = content
    if content == "hdf5" and has_directory(stream, size):
        found = "zip"
    elif content == "zip" and _holds_hdf5(stream, size, name, limits):
        found = "hdf5"
    if found == content:
        return (content,)
    opened = next((what for ending, what in OPENED_AS.items() if name.endswith(ending)), content)
    return (opened, found if opened == content else content)


def signature_at(stream: BinaryIO, size: int) -> int | None:
    """Where HDF5 begins behind a user block, if it does."""
    for offset in USER_BLOCKS:
        if offset >= size:
            return None
        stream.seek(offset)
        if stream.read(8) == HDF5_SIGNATURE:
            return offset
    return None


def _holds_hdf5(stream: BinaryIO, size: int, name: str, limits: Limits) -> bool:
    """Whether HDF5 finds itself in a zip. The weights of an honest archive may stand at such a place by chance; under its own
    name nobody looks there."""
    offset = signature_at(stream, size)
    if offset is None or OPENED_AS.get(name[name.rfind(".") :]) == "hdf5":
        return offset is not None
    end = find_end(stream, size)
    if end is None:
        return True
    archive = Archive(stream, size, tuple(read_directory(stream, end, limits)[0]), limits)
    return not any(entry.method == STORED and _starts_at(archive, index, offset) for index, entry in enumerate(archive.entries))


def _starts_at(archive: Archive, index: int, offset: int) -> bool:
    entry = archive.entries[index]
    if not entry.offset < offset <= entry.offset + 2**17:
        return False
    try:
        return archive.start_of(entry) == offset
    except MemberError:
        return False
