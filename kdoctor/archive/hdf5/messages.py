"""The messages of an HDF5 object header that kdoctor reads by itself: what a link, an attribute and a data layout declare.

Layouts: HDF5 File Format Specification 3.0, sections IV.A.2.c (link info), g (link), h (external data files), i (data layout),
m (attribute) and v (attribute info). A message that does not keep to them raises ValueError, IndexError or struct.error.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

UNDEFINED = 0xFFFF_FFFF_FFFF_FFFF
NOWHERE = b"\xff" * 8
NAME_BYTES = 4096  # longest name of a link or an attribute that is accepted
HARD, SOFT, EXTERNAL = 0, 1, 64
COMMITTED = 2
BUILT_IN = frozenset({1, 2, 3, 4, 5, 6, 32000})  # filters of HDF5 and h5py: deflate, shuffle, fletcher32, szip, nbit, scaleoffset, lzf
REGISTERED = 256  # filters from here on are registered with the HDF Group, and have a name in every message


class Link(NamedTuple):
    """A name in a group. ``kind`` is hard, soft, external or user; only a hard one has an ``address`` (of an object header)."""

    name: str
    kind: str
    address: int = UNDEFINED
    to: str = ""
    file: str = ""


class AttributeHeader(NamedTuple):
    """Name of an attribute and where its datatype, its dataspace and its value begin in the message's buffer, in bytes.

    shared: what begins there is a reference to a datatype that is an object of its own.
    """

    name: str
    datatype: int
    dataspace: int
    value: int
    shared: bool = False


class Layout(NamedTuple):
    """How a dataset is stored: compact, contiguous, chunked or virtual; ``end`` is the address behind contiguous data, else 0, and ``size``
    how many bytes that data has."""

    storage: str
    end: int = 0
    size: int = 0


def text(data: bytes) -> str:
    """Bytes of a name as text; what is no UTF-8 shows as U+FFFD."""
    return data.decode("utf-8", "replace")


def terminated(data: bytes, at: int) -> str:
    """The zero-terminated name that starts at ``at``."""
    return text(data[at : data.index(b"\0", at, at + NAME_BYTES + 1)])


def read_link(data: bytes, at: int) -> Link:
    """A link message. The links of the old symbol tables are no messages."""
    version, flags = data[at], data[at + 1]
    if version != 1:
        raise ValueError(f"link message of version {version}")
    at += 2
    kind = HARD
    if flags & 8:
        kind = data[at]
        at += 1
    at += (8 if flags & 4 else 0) + (1 if flags & 16 else 0)  # creation order, character set
    width = 1 << (flags & 3)
    length = int.from_bytes(data[at : at + width], "little")
    if length > NAME_BYTES:
        raise ValueError(f"link name of {length} bytes")
    at += width
    name = text(data[at : at + length])
    at += length
    if kind == HARD:
        return Link(name, "hard", struct.unpack_from("<Q", data, at)[0])
    value = data[at + 2 : at + 2 + struct.unpack_from("<H", data, at)[0]]
    if kind == SOFT:
        return Link(name, "soft", to=text(value))
    if kind == EXTERNAL:
        file, to = [*value[1:].split(b"\0"), b"", b""][:2]
        return Link(name, "external", to=text(to), file=text(file))
    return Link(name, "user")


def read_link_info(data: bytes, at: int) -> tuple[int, int] | None:
    """Addresses of the fractal heap and of the name index of a group with many links; None where links stand in messages."""
    version, flags = data[at], data[at + 1]
    if version != 0:
        raise ValueError(f"link info message of version {version}")
    heap, names = struct.unpack_from("<QQ", data, at + (10 if flags & 1 else 2))
    return None if UNDEFINED in (heap, names) else (heap, names)


def read_attribute_info(data: bytes, at: int) -> tuple[int, int] | None:
    """Addresses of the fractal heap and of the name index of an object with many or large attributes; None where it has none there."""
    heap, names = struct.unpack_from("<QQ", data, at + (4 if data[at + 1] & 1 else 2))
    return None if UNDEFINED in (heap, names) else (heap, names)


def read_attribute_header(data: bytes, at: int) -> AttributeHeader:
    """Where the parts of an attribute message stand."""
    version, flags, name_size, datatype_size, dataspace_size = struct.unpack_from("<BBHHH", data, at)
    if version not in (1, 2, 3):
        raise ValueError(f"attribute message of version {version}")
    if version > 1 and flags & 2:
        raise ValueError("attribute with a shared dataspace")
    if name_size > NAME_BYTES:
        raise ValueError(f"attribute name of {name_size} bytes")
    name_at = at + (9 if version == 3 else 8)
    padding = 8 if version == 1 else 1
    datatype, dataspace, value = _offsets(name_at, (name_size, datatype_size, dataspace_size), padding)
    shared = version > 1 and bool(flags & 1)
    return AttributeHeader(text(data[name_at : name_at + name_size].rstrip(b"\0")), datatype, dataspace, value, shared)


def read_shared(data: bytes, at: int) -> int:
    """The address of the object whose header holds the message that is referred to here (IV.A.2, shared messages)."""
    version, kind = data[at], data[at + 1]
    if version not in (1, 2, 3) or (version == 3 and kind != COMMITTED):
        raise ValueError(f"shared message of version {version}, kind {kind}")
    address: int = struct.unpack_from("<Q", data, at + (8 if version == 1 else 2))[0]
    return address


def read_layout(data: bytes, at: int) -> Layout:
    """A data layout message, versions 1 to 5."""
    version = data[at]
    if not 1 <= version <= 5:
        raise ValueError(f"data layout of version {version}")
    storage = data[at + 2] if version < 3 else data[at + 1]
    name = ("compact", "contiguous", "chunked", "virtual")[storage]
    if name == "contiguous" and version >= 3:
        address, size = struct.unpack_from("<QQ", data, at + 2)
        return Layout(name) if address == UNDEFINED else Layout(name, address + size, size)
    return Layout(name)


def read_filters(data: bytes, at: int) -> tuple[int, ...]:
    """The numbers of the filters of a filter pipeline message (IV.A.2.l), versions 1 and 2, in the order in which they were applied."""
    version, count = data[at], data[at + 1]
    if version not in (1, 2):
        raise ValueError(f"filter pipeline of version {version}")
    at += 8 if version == 1 else 2
    found = []
    for _ in range(count):
        (number,) = struct.unpack_from("<H", data, at)
        named = version == 1 or number >= REGISTERED
        length = struct.unpack_from("<H", data, at + 2)[0] if named else 0
        at += 4 if named else 2
        values = struct.unpack_from("<H", data, at + 2)[0]
        at += 4 + (-(-length // 8) * 8 if version == 1 else length) + 4 * values + (4 if version == 1 and values % 2 else 0)
        found.append(number)
    return tuple(found)


def foreign_filters(data: bytes, at: int) -> tuple[int, ...]:
    """Those of them that neither HDF5 nor h5py bring along."""
    return tuple(number for number in read_filters(data, at) if number not in BUILT_IN)


def holds_chunks(data: bytes, at: int) -> bool:
    """Whether the data layout message at ``at`` may have chunks: versions up to 3 say where their index stands, if there is any."""
    return data[at : at + 2] != b"\3\2" or data[at + 3 : at + 11] != NOWHERE


def address_place(data: bytes, at: int) -> int | None:
    """Where the data layout message at ``at`` has the address of values that stand in one piece; None if it has none such."""
    contiguous = data[at : at + 2] in (b"\3\1", b"\4\1", b"\5\1") and len(data) >= at + 18
    return at + 2 if contiguous and data[at + 2 : at + 10] not in (NOWHERE, bytes(8)) else None


def read_external_files(data: bytes, at: int) -> tuple[int, tuple[int, ...]]:
    """Address of the local heap with the names of the external files of a dataset, and the offsets of the names there."""
    used, heap = struct.unpack_from("<HQ", data, at + 6)
    return heap, tuple(struct.unpack_from("<Q", data, at + 16 + 24 * slot)[0] for slot in range(used))


def _offsets(at: int, sizes: tuple[int, ...], padding: int) -> tuple[int, ...]:
    ends = []
    for size in sizes:
        at += -(-size // padding) * padding
        ends.append(at)
    return tuple(ends)
