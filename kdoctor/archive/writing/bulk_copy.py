"""Large arrays from one HDF5 file into another, byte by byte: HDF5 gives them their place, the system itself copies them.

For the processes that write HDF5. Their checksums, which a zip wants, are computed meanwhile.
"""

from __future__ import annotations

import contextlib
import errno
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

BULK_BYTES = 1 << 20  # what is smaller is copied by HDF5 as fast
PIECE_BYTES = 16 << 20  # summed up at a time
BUFFER_BYTES = 1 << 20
THREADS = min(4, os.cpu_count() or 1)
PLAIN = "fiub"  # kinds of numbers whose bytes say everything
# What a file system answers that cannot copy by itself.
UNABLE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM})


@dataclass(frozen=True, slots=True)
class Place:
    """HDF5 content within a file: its path, where it begins, how long it is."""

    path: str
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class Sums:
    """Checksums under way: by place in the HDF5 content that is written."""

    workers: ThreadPoolExecutor
    found: list[tuple[int, int, Future[int]]] = field(default_factory=list)

    def add(self, source: Place, offset: int, place: int, count: int) -> None:
        """Sum up bytes of a source that will stand at ``place``."""
        for start in range(0, count, PIECE_BYTES):
            size = min(PIECE_BYTES, count - start)
            summed = self.workers.submit(_checksum, source.path, source.start + offset + start, size)
            self.found.append((place + start, size, summed))

    def done(self) -> list[tuple[int, int, int]]:
        """Place, length and CRC-32 of every piece. Raises what a worker met."""
        return [(place, size, summed.result()) for place, size, summed in self.found]


@contextlib.contextmanager
def summing() -> Iterator[Sums]:
    """Workers that are gone afterwards."""
    with ThreadPoolExecutor(THREADS) as workers:
        try:
            yield Sums(workers)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def copy_bulk(found: Any, path: str, source: Place, target: Any, out: Place, sums: Sums | None) -> bool:
    """Copy the dataset ``found`` of a source to ``path`` in the file ``target``, which is written at ``out``; False where HDF5 shall do it."""
    offset = found.id.get_offset()
    count = found.id.get_storage_size()
    if offset is None or count < BULK_BYTES or not _is_plain(found, count) or offset + count > source.size:
        return False
    place = _room_for(found, path, target)
    if place is None:
        return False
    if sums is not None:
        sums.add(source, offset, place, count)
    with open(source.path, "rb", buffering=0) as reader, open(out.path, "r+b", buffering=0) as writer:
        move(reader, source.start + offset, writer, out.start + place, count)
    return True


def _is_plain(found: Any, count: int) -> bool:
    import h5py

    contiguous = found.id.get_create_plist().get_layout() == h5py.h5d.CONTIGUOUS
    return contiguous and found.dtype.kind in PLAIN and not found.attrs and count == found.size * found.dtype.itemsize


def _room_for(found: Any, path: str, target: Any) -> int | None:
    """Where the numbers of a new array of the same shape and type belong: it gets its room at once, and nothing is written there."""
    import h5py

    settings = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    settings.set_layout(h5py.h5d.CONTIGUOUS)
    settings.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    settings.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
    settings.set_obj_track_times(False)
    links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    kind = found.id.get_type()
    kind = kind.copy() if kind.committed() else kind
    made = h5py.h5d.create(target.id, path.encode(), kind, found.id.get_space(), settings, links)
    place: int | None = made.get_offset()
    if place is None:
        target.id.unlink(path.encode())
    return place


def move(reader: Any, start: int, writer: Any, place: int, count: int) -> None:
    """``count`` bytes of one file into another, by the system where it can."""
    copy = getattr(os, "copy_file_range", None)
    while count and copy is not None:
        try:
            done = copy(reader.fileno(), writer.fileno(), min(count, PIECE_BYTES), start, place)
        except OSError as error:
            if error.errno not in UNABLE:
                raise
            break
        if not done:
            break
        start, place, count = start + done, place + done, count - done
    reader.seek(start)
    writer.seek(place)
    buffer = memoryview(bytearray(min(count, BUFFER_BYTES)))
    while count:
        read = reader.readinto(buffer[: min(count, BUFFER_BYTES)])
        if not read:
            raise ValueError("an array ends before its last byte")
        written = 0
        while written < read:
            written += writer.write(buffer[written:read])
        count -= read


def _checksum(path: str, start: int, count: int) -> int:
    value, buffer = 0, memoryview(bytearray(min(count, BUFFER_BYTES)))
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        while count:
            read = file.readinto(buffer[: min(count, BUFFER_BYTES)])
            if not read:
                raise ValueError("an array ends before its last byte")
            value, count = zlib.crc32(buffer[:read], value), count - read
    return value
