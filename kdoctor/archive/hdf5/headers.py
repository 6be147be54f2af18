"""Object headers as h5py lays them out: read by ourselves, because what else reads them costs more than all of kdoctor.

Layouts: HDF5 File Format Specification 3.0, III.E (global heap), IV.A.1 (object headers) and IV.A.2.b (dataspace). Damage raises
ValueError or struct.error, and so does what libhdf5 itself does not open.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from kdoctor.archive.window import Window

PREFIX = 16  # bytes of a header of version 1 before its messages
USUAL_HEADER = 272  # bytes of a header as h5py makes it for an array; a group's is shorter: read at once, most need no second look
FILL_VALUE, FILL_VERSIONS = 5, (1, 2, 3)
DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT, FILTERS, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = (
    1, 2, 3, 6, 7, 8, 11, 12, 16, 17, 21
)  # fmt: skip
LINKS, ATTRIBUTES = (LINK_INFO, LINK, SYMBOL_TABLE), (ATTRIBUTE, ATTRIBUTE_INFO)
NULL_SPACE = 2
AXES = 32  # HDF5 has no more
_VERSION_1, _VERSION_2, _VERSION_2_ORDERED = (struct.Struct(form) for form in ("<HHB3x", "<BHB", "<BHBxx"))  # before a message
ADDRESS_AND_SIZE = struct.Struct("<QQ")
_START = struct.Struct("<HxxxxI")
# Flags of a message that exclude each other: shared (2) and never to be (4); unknown to whoever wrote the file (32) and such that it had to refuse
# (8), or such that it need not say so (no 16).
UNLAWFUL = frozenset(flags for flags in range(256) if flags & 6 == 6 or (flags & 32 and (flags & 8 or not flags & 16)))
SHAREABLE, SHARED = 64, frozenset({1, 3, 4, 5, 11, 12})  # a flag, and the only messages that may have it
PATTERNS = 8  # of headers of one length


def begins_header(data: bytes) -> bool:
    """Whether an object header may begin so; always, for fewer bytes than the prefix has."""
    return len(data) < PREFIX or data[:2] == b"\1\0" or data[:4] == b"OHDR"


class Message(NamedTuple):
    """A message of an object header; ``at`` is where its body begins in the header's data, in bytes."""

    type: int
    flags: int
    at: int


class Outline(NamedTuple):
    """What a header consists of, in order: the same object for headers that are alike.

    links, attributes: those of the messages that say what a group holds, and what is attached; array: it is a dataset's;
    unknown: it is neither a group's nor a dataset's nor a datatype's;
    layout: where the data layout of a dataset begins, in bytes, if it stands there itself.
    """

    messages: tuple[Message, ...]
    links: tuple[Message, ...]
    attributes: tuple[Message, ...]
    array: bool
    unknown: bool
    layout: int | None


class Header(NamedTuple):
    """The messages of an object, and the bytes in which they stand: all blocks of the header, one behind the other."""

    outline: Outline
    data: bytes


def outlined(messages: tuple[Message, ...], data: bytes) -> Header:
    """A header of these messages."""
    layouts = (message.at for message in messages if message.type == LAYOUT and not message.flags & 2)
    links = tuple(message for message in messages if message.type in LINKS)
    attributes = tuple(message for message in messages if message.type in ATTRIBUTES)
    kinds = {message.type for message in messages}
    unknown = not links and kinds.isdisjoint((DATASPACE, DATATYPE))
    return Header(Outline(messages, links, attributes, DATASPACE in kinds, unknown, next(layouts, None)), data)


Pattern: TypeAlias = tuple[Callable[[bytes], tuple[int, ...]], tuple[int, ...], Outline]


class Alike:
    """Headers of version 1 that were read, so that the next one like them is not taken apart anew: h5py writes thousands alike.

    Two are alike that have as many messages and bytes, and each message of one kind and size at one place.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], list[Pattern]] = {}  # by number of messages, bytes of the first block, and of all
        self._continued: dict[tuple[int, int], int] = {}  # where the first block says that there is a second one
        self._blocks: set[tuple[int, int]] = set()  # number of messages and bytes of the first block of all that are known

    def within(self, whole: bytes, address: int) -> Header | None:
        """The header at this address of a file that is held whole, if it is like one before and stands in one block or two.

        No more bytes are taken than such a header had, so that whoever counts them may do so afterwards.
        """
        if address + PREFIX > len(whole) or whole[address] != 1:
            return None
        count, size = _START.unpack_from(whole, address + 2)
        if (count, size) not in self._blocks:
            return None
        start = address + PREFIX
        data = whole[start : start + size]
        at = self._continued.get((count, size))
        if at is not None and len(data) == size and data[at - _VERSION_1.size] == CONTINUATION:
            place, length = ADDRESS_AND_SIZE.unpack_from(data, at)
            if (count, size, size + length) not in self._known:
                return None
            data += whole[place : place + length]
        outline = self.outline(count, size, data)
        return None if outline is None else tuple.__new__(Header, (outline, data))  # a call less for each of thousands

    def header(self, start: bytes) -> Header | None:
        """The header that these first bytes hold whole, if it is like one before."""
        if start[:1] != b"\1" or len(start) < PREFIX:
            return None
        count, size = _START.unpack_from(start, 2)
        data = start[PREFIX : PREFIX + size]
        outline = self.outline(count, size, data)
        return None if outline is None else tuple.__new__(Header, (outline, data))  # a call less for each of thousands

    def outline(self, count: int, size: int, data: bytes) -> Outline | None:
        """The outline of a header like one before, of which the first block has ``size`` bytes; None for one that has to be read."""
        for form, fields, found in self._known.get((count, size, len(data)), ()):
            if form(data) == fields:
                return found
        return None

    def continuation(self, count: int, data: bytes) -> tuple[int, int] | None:
        """Address and size of the second block, where headers like the one with this first block have one."""
        at = self._continued.get((count, len(data)))
        return None if at is None or data[at - _VERSION_1.size] != CONTINUATION else ADDRESS_AND_SIZE.unpack_from(data, at)

    def keep(self, count: int, header: Header, size: int) -> None:
        """Remember a header, if it stands in one block (``size`` bytes) or two."""
        messages, data = header
        continued = [message.at for message in messages.messages if message.type == CONTINUATION]
        places = [message.at - _VERSION_1.size for message in messages.messages]
        known = self._known.setdefault((count, size, len(data)), [])
        if len(continued) > 1 or len(places) != count or len(known) >= PATTERNS:
            return
        gaps = [after - before - 5 for before, after in pairwise(places)]
        form = struct.Struct("<HHB" + "".join(f"{gap}xHHB" for gap in gaps)).unpack_from
        known.append((form, form(data), messages))
        self._blocks.add((count, size))
        if continued:
            self._continued[count, size] = continued[0]


def read_header(stream: Window, address: int, start: bytes, alike: Alike) -> Header:
    """The object header at this address, of version 1 or 2, with its continuation blocks; ``start``: its first bytes, `PREFIX` at least."""
    if start[:4] == b"OHDR":
        return _version_2(stream, address + 4)
    if start[:1] != b"\1" or len(start) < PREFIX:
        raise ValueError("no object header")
    count, size = _START.unpack_from(start, 2)
    first = start[PREFIX : PREFIX + size]
    if len(first) < size:
        first = stream.take(address + PREFIX, size)
    data = first
    outline = alike.outline(count, size, data)
    if outline is None and (second := alike.continuation(count, first)):
        data += _block(stream, *second, b"")
        outline = alike.outline(count, size, data)
    if outline is None:
        header = _messages(stream, first, _VERSION_1, b"", count)
        alike.keep(count, header, size)
        return header
    return Header(outline, data)


def _version_2(stream: Window, at: int) -> Header:
    version, flags = exactly(stream, at, 2)
    if version != 2:
        raise ValueError(f"object header of version {version}")
    at += 2 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)  # times; how many attributes are stored compactly
    width = 1 << (flags & 3)
    size = int.from_bytes(exactly(stream, at, width), "little")
    return _messages(stream, stream.take(at + width, size), _VERSION_2_ORDERED if flags & 4 else _VERSION_2, b"OCHK")


def _messages(stream: Window, data: bytes, head: struct.Struct, signature: bytes, most: int | None = None) -> Header:
    """The messages of all blocks. A version 1 header tells how many they are; blocks of version 2 have a signature and a checksum."""
    found: list[Message] = []
    blocks, left = [(0, len(data))], 0
    for start, end in blocks:
        at = start
        while at + head.size <= end and len(found) != most:
            fields = head.unpack_from(data, at)
            at += head.size
            if fields[2] in UNLAWFUL or (fields[2] & SHAREABLE and fields[0] not in SHARED) or (most is not None and fields[1] % 8):
                raise ValueError("a message of an object header that is none")
            found.append(Message(fields[0], fields[2], at))
            if fields[0] == CONTINUATION:
                address, size = ADDRESS_AND_SIZE.unpack_from(data, at)
                block = _block(stream, address, size, signature)
                blocks.append((len(data), len(data) + len(block)))
                data += block
            at += fields[1]
        left += max(0, end - at)
    if most is not None and (len(found) < most or left >= head.size):  # libhdf5 counts them
        raise ValueError(f"{len(found)} of the {most} messages of an object header, and {left} bytes more")
    return outlined(tuple(found), data)


def _block(stream: Window, address: int, size: int, signature: bytes) -> bytes:
    block = stream.take(address, size)
    if not block.startswith(signature):
        raise ValueError("no continuation of an object header")
    return block[4:-4] if signature else block


def read_dataspace(data: bytes, at: int) -> tuple[int, ...] | None:
    """The shape that a dataspace message declares; None for one that holds no value at all."""
    version, axes, flags, kind = struct.unpack_from("<BBBB", data, at)
    if version not in (1, 2) or axes > AXES:
        raise ValueError(f"dataspace of version {version} with {axes} axes")
    if version == 2 and kind == NULL_SPACE:
        return None
    at += 8 if version == 1 else 4
    shape: tuple[int, ...] = struct.unpack_from(f"<{axes}Q", data, at)
    if flags & 1 and any(length > most for length, most in zip(shape, struct.unpack_from(f"<{axes}Q", data, at + 8 * axes), strict=True)):
        raise ValueError(f"a shape {shape} that is larger than it may become")
    return shape


def read_global_heap(stream: Window, address: int) -> dict[int, bytes]:
    """The objects of one collection of the global heap by their index: texts of variable length."""
    signature, version, size = struct.unpack("<4sB3xQ", exactly(stream, address, 16))
    if signature != b"GCOL" or version != 1:
        raise ValueError("no global heap")
    data, objects, at = exactly(stream, address + 16, size - 16), {}, 0
    while at + 16 <= len(data):
        index, length = struct.unpack_from("<H6xQ", data, at)
        if index == 0:  # the free space behind the objects
            break
        at += 16
        if length > len(data) - at:
            raise ValueError("an object that reaches beyond its global heap")
        objects[index] = data[at : at + length]
        at += -(-length // 8) * 8
    return objects


def exactly(stream: Window, at: int, size: int) -> bytes:
    if size < 0:
        raise ValueError("a negative size")
    return at_least(stream, at, size, size)


def at_least(stream: Window, at: int, size: int, most: int) -> bytes:
    data = stream.take(at, most)
    if len(data) < size:
        raise ValueError("it reaches beyond the end")
    return data
