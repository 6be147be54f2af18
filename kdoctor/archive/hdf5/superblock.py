"""Where HDF5 begins in a file, and what its first block says."""

from __future__ import annotations

import contextlib
import struct
from typing import BinaryIO, NamedTuple

from kdoctor.archive.hdf5.lookup3 import lookup3
from kdoctor.archive.window import Window

SIGNATURE = b"\x89HDF\r\n\x1a\n"
REENCODED = b"\xc2" + SIGNATURE  # content that was treated as text: its first byte as UTF-8 has it
SUPERBLOCK_BYTES = 96
AHEAD = 2**16  # bytes in which misplaced content is looked for
UNDEFINED = 0xFFFF_FFFF_FFFF_FFFF
CACHED = 2  # the highest kind of what stands beside the address of the root
CHECKED = 44  # bytes of a superblock of version 2 or 3; their checksum follows
FLAGS = 11  # the consistency flags of version 3
OPEN_FOR_WRITING = 0b101  # by one writer, or by one with readers beside it (SWMR); earlier versions have no such flags


class Superblock(NamedTuple):
    """Address of the root group, and how long the file should be, both in bytes from the signature on; whether a writer never closed it."""

    root: int
    length: int
    unclosed: bool = False


def find_signature(window: Window) -> int | None:
    """Where HDF5 begins: at 0, 512, 1024, 2048 and so on (HDF5 specification, II.A); None where it does not."""
    offset = 0
    while offset + len(SIGNATURE) <= window.size:
        if window.take(offset, len(SIGNATURE)) == SIGNATURE:
            return offset
        offset = max(512, offset * 2)
    return None


def find_misplaced(window: Window) -> int | None:
    """Where HDF5 content begins that HDF5 itself does not find, since something stands in front of it; looked for in the first ``AHEAD`` bytes."""
    window.seek(0)
    head = window.read(min(AHEAD, window.size))
    start = -1 if REENCODED in head else head.find(SIGNATURE)
    while start >= 0:
        window.seek(start)
        with contextlib.suppress(ValueError, IndexError, struct.error):
            read_superblock(window.read(SUPERBLOCK_BYTES))
            return start
        start = head.find(SIGNATURE, start + 1)
    return None


def length_stated(stream: BinaryIO, size: int) -> int | None:
    """How long HDF5 content of ``size`` bytes should be; None where it does not say so."""
    window = Window(stream, 0, size)
    start = find_signature(window)
    if start is None:
        return None
    try:
        return start + read_superblock(window.take(start, SUPERBLOCK_BYTES)).length
    except (ValueError, IndexError, struct.error):
        return None


def read_superblock(data: bytes) -> Superblock:
    """The superblock (versions 0 to 3) at the start of ``data``; ValueError, IndexError or struct.error where none can be read."""
    version = data[8]
    widths = data[13:15] if version < 2 else data[9:11]
    if version > 3 or widths != b"\x08\x08":
        raise ValueError(f"superblock of version {version}, addresses and lengths of {widths.hex(' ')} bytes")
    if version >= 2 and struct.unpack_from("<I", data, CHECKED)[0] != lookup3(data[:CHECKED]):
        raise ValueError("the checksum of the superblock does not fit")
    at = {0: 24, 1: 28, 2: 12, 3: 12}[version]
    base, other, end = struct.unpack_from("<QQQ", data, at)
    root = struct.unpack_from("<Q", data, at + 40 if version < 2 else at + 24)[0]
    if version < 2:
        driver, cached = struct.unpack_from("<Q", data, at + 24)[0], struct.unpack_from("<I", data, at + 48)[0]
        if other != UNDEFINED or driver != UNDEFINED or cached > CACHED:
            raise ValueError("a superblock with a list of free room, a driver, or a root, that no library writes")
    return Superblock(root, end - base, version >= 3 and bool(data[FLAGS] & OPEN_FOR_WRITING))


def closed(data: bytes) -> bytes:
    """The same superblock without the flags of a writer."""
    kept = data[:FLAGS] + bytes([data[FLAGS] & ~OPEN_FOR_WRITING & 0xFF]) + data[FLAGS + 1 : CHECKED]
    return kept + struct.pack("<I", lookup3(kept)) + data[CHECKED + 4 :]
