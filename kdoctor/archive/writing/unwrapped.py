"""The bytes of a model that was packed once more: with gzip, bzip2 or xz, or as a member of another zip."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from kdoctor.archive.compression import PACKINGS, Damaged, inflated
from kdoctor.archive.tar_file import tar_entries
from kdoctor.archive.window import Window
from kdoctor.archive.zip.archive import open_zip
from kdoctor.archive.zip.directory import Entry
from kdoctor.archive.zip.member import DEFLATED, STORED, beginning
from kdoctor.archive.zip.names import plain
from kdoctor.archive.zip.output import packed_bytes, plain_bytes, verified
from kdoctor.archive.zip.record import read_record
from kdoctor.document import Origin
from kdoctor.errors import WriteError
from kdoctor.limits import Limits


@contextlib.contextmanager
def unwrapped(origin: Origin, folder: Path, limits: Limits, *, whole: bool = True) -> Iterator[tuple[BinaryIO, int]]:
    """The innermost content of a file and its size in bytes; what has to be unpacked for it is unpacked to an unnamed file in ``folder``.
    Unless it shall be ``whole``, what stands in front of a damage in what is around it is enough.

    Raises `WriteError` when the packing is damaged or holds more than the limits allow.
    """
    with contextlib.ExitStack() as stack:
        stream: BinaryIO = stack.enter_context(open(origin.path, "rb"))
        size = stream.seek(0, 2)
        for container in origin.wrapping:
            kind, _, name = container.partition(":")
            if kind in PACKINGS:
                content = decompressed(packed_bytes(stream, 0, size, origin.path.name), kind, whole)
                stream, size = _spooled(stack, folder, content, limits)
            elif kind == "tar":
                stream, size = _in_tar(stream, size, name, limits)
            elif kind == "zip":
                stream, size = _member(stack, folder, stream, size, name, limits, whole)
        yield stream, size


def _member(
    stack: contextlib.ExitStack, folder: Path, stream: BinaryIO, size: int, name: str, limits: Limits, whole: bool
) -> tuple[BinaryIO, int]:
    """A stored member in place, another one unpacked."""
    entry = _entry(stream, size, name, limits)
    found = read_record(stream, entry.offset)
    if found is None:
        raise WriteError(f"{name!r} is not where the archive says")
    if entry.method == STORED:
        return cast(BinaryIO, Window(stream, found[1], entry.packed)), min(entry.packed, max(0, size - found[1]))
    packed = packed_bytes(stream, found[1], entry.packed, name)
    if not whole and entry.method == DEFLATED:
        return _spooled(stack, folder, beginning(packed), limits)
    return _spooled(stack, folder, verified(plain_bytes(packed, entry.method, name), entry.size, entry.crc, name), limits)


def _in_tar(stream: BinaryIO, size: int, name: str, limits: Limits) -> tuple[BinaryIO, int]:
    """A file of a tar archive, in place."""
    for entry in tar_entries(stream, size, limits):
        if entry.name == name:
            return cast(BinaryIO, Window(stream, entry.start, entry.size)), min(entry.size, max(0, size - entry.start))
    raise WriteError(f"{name!r} is no longer in the archive around it")


def _entry(stream: BinaryIO, size: int, name: str, limits: Limits) -> Entry:
    opened = open_zip(stream, size, limits)
    for entry in reversed(opened.archive.entries if opened is not None else ()):  # of equal names Python's zipfile reads the last
        if name in (entry.name, plain(entry.name)):
            return entry
    raise WriteError(f"{name!r} is no longer in the archive around it")


def decompressed(packed: Iterable[bytes], packing: str, whole: bool = True) -> Iterator[bytes]:
    """What was packed with gzip, bzip2 or xz; zeros or other bytes behind the last stream are left."""
    try:
        yield from inflated(packed, packing)
    except EOFError:
        if whole:
            raise WriteError(f"the {packing} around the model breaks off") from None
    except Damaged as error:
        if whole:
            raise WriteError(f"the {packing} around the model cannot be unpacked: {error}") from None


def _spooled(stack: contextlib.ExitStack, folder: Path, content: Iterable[bytes], limits: Limits) -> tuple[BinaryIO, int]:
    file = stack.enter_context(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115 (the stack closes it)
    size = 0
    for chunk in content:
        size += len(chunk)
        if size > limits.spool_bytes:
            raise WriteError(f"what is packed inside is larger than the {limits.spool_bytes:,} bytes that kdoctor unpacks")
        file.write(chunk)
    file.seek(0)
    return cast(BinaryIO, file), size
