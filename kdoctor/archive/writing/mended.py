"""The HDF5 contents of a damaged file, as far as they are there, filled with zeros to the length that they state: libhdf5 opens nothing shorter.

Only arrays that stand whole in front of the damage may be taken from them: which those are, whoever plans has found out.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from kdoctor.archive.hdf5.superblock import SUPERBLOCK_BYTES, closed, find_signature, length_stated, read_superblock
from kdoctor.archive.window import Window
from kdoctor.archive.writing.container_change import holders
from kdoctor.archive.writing.hdf5_making import Place
from kdoctor.archive.writing.unwrapped import unwrapped
from kdoctor.archive.writing.zip_container import ZipSource
from kdoctor.archive.zip.member import DEFLATED, STORED, beginning
from kdoctor.archive.zip.record import read_marks
from kdoctor.document import Document, Fault, Member, Origin
from kdoctor.errors import WriteError
from kdoctor.faults import FaultKind
from kdoctor.limits import Limits

STEP: Final = 1 << 20
ALONG: Final = (FaultKind.USER_BLOCK, FaultKind.POLYGLOT)  # what stands in a file beside its content


def outlived(before: Document, after: Document) -> bool:
    """Whether the plan says that HDF5 content is all there, although its end is missing, and every array does end before the cut: where the
    chunks of one stand, reading does not find out. Or that it is, although its writer never closed it, something else stands beside it,
    or a structure of it is broken.
    No copy of the bytes is without that fault."""
    removed = [before.faults[key] for key in before.faults if key not in after.faults]
    kinds = {fault.kind for fault in removed}
    if FaultKind.HDF5_UNREADABLE in kinds and FaultKind.TRUNCATED not in kinds:  # an edit would leave it where it is
        return True
    if any(_stands_beside(fault) or (fault.kind == FaultKind.HDF5_UNCLOSED and fault.detail.get("settled")) for fault in removed):
        return True
    cuts = [fault.detail for fault in removed if fault.kind == FaultKind.TRUNCATED and fault.detail.get("content") == "hdf5"]
    told = all(weight.start >= 0 or not weight.parameters for weight in before.weights.values())
    return bool(cuts) and told and all(cut.get("complete") for cut in cuts)


def _stands_beside(fault: Fault) -> bool:
    return fault.kind in ALONG and not fault.detail.get("blank")


@contextlib.contextmanager
def mended_sources(before: Document, origin: Origin, folder: Path) -> Iterator[list[Place]]:
    """Copies of the contents in ``folder``, shards in their order."""
    if before.file.get("content") == "directory":
        files = [_mended(folder / member.name, _pieces(open(origin.path / member.name, "rb"))) for member in holders(before)]  # noqa: SIM115
        yield [place for place in files if _begins(place)]
        return
    with unwrapped(origin, folder, Limits(), whole=False) as (stream, size):
        if not before.format.native:
            yield [_mended(folder / "source.h5", _pieces(stream))]
        else:
            source = ZipSource(stream, read_marks(stream, size), folder)
            made = [_mended(folder / f"source{member.offset}.h5", _content(source, member, size)) for member in holders(before)]
            yield [place for place in made if _begins(place)]


def _content(source: ZipSource, member: Member, size: int) -> Iterator[bytes]:
    record, start = source.locate(member)
    window = Window(source.stream, start, max(0, min(member.packed, size - start)))
    packed = _pieces(window)  # type: ignore[arg-type]
    if record.method == STORED:
        return packed
    if record.method != DEFLATED:
        raise WriteError(f"{member.name!r} is packed with method {record.method}: what survives of that cannot be unpacked")
    return beginning(packed)


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    stream.seek(0)
    yield from iter(partial(stream.read, STEP), b"")


def _mended(path: Path, content: Iterable[bytes]) -> Place:
    with open(path, "x+b") as file:
        file.writelines(content)
        stated = length_stated(file, file.tell())
        if stated is not None and stated > file.tell():
            file.truncate(stated)
        _close(file)
        size = file.seek(0, 2)
    return Place(path, 0, size)


def _begins(place: Place) -> bool:
    """Whether HDF5 content begins there with a first block that can be read. Not so what was packed once more, and is not whole, or of
    which a few bytes are left: none of its arrays is known either."""
    with open(place.path, "rb") as file:
        return length_stated(file, place.size) is not None


def _close(file: BinaryIO) -> None:
    """Take the mark of a writer away, with which libhdf5 opens no file."""
    start = find_signature(Window(file, 0, file.seek(0, 2)))
    if start is None:
        return
    file.seek(start)
    data = file.read(SUPERBLOCK_BYTES)
    with contextlib.suppress(ValueError, IndexError, struct.error):
        if read_superblock(data).unclosed:
            file.seek(start)
            file.write(closed(data))
