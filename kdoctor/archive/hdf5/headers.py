"""Object headers and groups as h5py lays them out: read by ourselves, because what else reads them costs more than all of kdoctor.

Layouts: HDF5 File Format Specification 3.0, III.A.1 (version 1 B-trees), III.B (symbol table nodes), III.D (local heaps), III.E (global
heap), IV.A.1 (object headers) and IV.A.2.b (dataspace). Damage raises ValueError or struct.error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from kdoctor.archive.window import Window

PREFIX = 16  # bytes of a header of version 1 before its messages
USUAL_HEADER = 272  # bytes of a header as h5py makes it for an array; a group's is shorter: read at once, most need no second look
USUAL_HEAP = 120  # of a local heap with its data behind it
USUAL_TREE = 40  # of a tree with one leaf
CONTINUATION = 16
NULL_SPACE = 2
NODE = 328  # bytes of a symbol table node as HDF5 makes it, for 8 symbols
_VERSION_1, _VERSION_2, _VERSION_2_ORDERED = (struct.Struct(form) for form in ("<HHB3x", "<BHB", "<BHBxx"))  # before a message
_START, _HEAP, _TREE, _SYMBOL = (struct.Struct(form) for form in ("<HxxxxI", "<4s4xQ8xQ", "<4sBBH16x", "<QQI4xI12x"))


PATTERNS = 8  # of headers of one length


class Message(NamedTuple):
    """A message of an object header; ``at`` is where its body begins in the header's data, in bytes."""

    type: int
    flags: int
    at: int


class Header(NamedTuple):
    """The messages of an object, and the bytes in which they stand: all blocks of the header, one behind the other."""

    messages: tuple[Message, ...]
    data: bytes


class Symbol(NamedTuple):
    """An entry of a group: offset of its name in the group's heap, address of its object header, or of a soft link's target's name."""

    name_at: int
    address: int
    soft_at: int | None


Pattern: TypeAlias = tuple[Callable[[bytes], tuple[int, ...]], tuple[int, ...], tuple[Message, ...]]


class Alike:
    """Headers of version 1 that were read, so that the next one like them is not taken apart anew: h5py writes thousands alike.

    Two are alike that have as many messages and bytes, and each message of one kind and size at one place.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], list[Pattern]] = {}

    def messages(self, count: int, data: bytes) -> tuple[Message, ...] | None:
        """The messages of a header like one before; None for one that has to be read."""
        for form, fields, messages in self._known.get((count, len(data)), ()):
            if form(data) == fields:
                return messages
        return None

    def keep(self, count: int, header: Header, size: int) -> None:
        """Remember a header, if it stands in one block: ``size`` bytes."""
        known = self._known.setdefault((count, size), [])
        places = [message.at - _VERSION_1.size for message in header.messages]
        if len(header.data) == size and len(places) == count and len(known) < PATTERNS:
            gaps = [after - before - 5 for before, after in pairwise(places)]
            form = struct.Struct("<HHB" + "".join(f"{gap}xHHB" for gap in gaps)).unpack_from
            known.append((form, form(header.data), header.messages))


def read_header(stream: Window, address: int, start: bytes, alike: Alike) -> Header:
    """The object header at this address, of version 1 or 2, with its continuation blocks; ``start``: its first bytes, `PREFIX` at least."""
    if start[:4] == b"OHDR":
        stream.seek(address + 4)
        return _version_2(stream)
    if start[:1] != b"\1" or len(start) < PREFIX:
        raise ValueError("no object header")
    count, size = _START.unpack_from(start, 2)
    data = start[PREFIX : PREFIX + size]
    if len(data) < size:
        stream.seek(address + PREFIX)
        data = stream.read(size)
    if messages := alike.messages(count, data):
        return Header(messages, data)
    header = _messages(stream, data, _VERSION_1, b"", count)
    alike.keep(count, header, size)
    return header


def _version_2(stream: Window) -> Header:
    version, flags = _exactly(stream, 2)
    if version != 2:
        raise ValueError(f"object header of version {version}")
    stream.seek((16 if flags & 32 else 0) + (4 if flags & 16 else 0), 1)  # times; how many attributes are stored compactly
    width = 1 << (flags & 3)
    size = int.from_bytes(_exactly(stream, width), "little")
    return _messages(stream, stream.read(size), _VERSION_2_ORDERED if flags & 4 else _VERSION_2, b"OCHK")


def _messages(stream: Window, data: bytes, head: struct.Struct, signature: bytes, most: int | None = None) -> Header:
    """The messages of all blocks. A version 1 header tells how many they are; blocks of version 2 have a signature and a checksum."""
    found: list[Message] = []
    blocks = [(0, len(data))]
    for start, end in blocks:
        at = start
        while at + head.size <= end and len(found) != most:
            fields = head.unpack_from(data, at)
            at += head.size
            found.append(Message(fields[0], fields[2], at))
            if fields[0] == CONTINUATION:
                address, size = struct.unpack_from("<QQ", data, at)
                block = _block(stream, address, size, signature)
                blocks.append((len(data), len(data) + len(block)))
                data += block
            at += fields[1]
    if most is not None and len(found) < most:
        raise ValueError(f"{len(found)} of the {most} messages of an object header")
    return Header(tuple(found), data)


def _block(stream: Window, address: int, size: int, signature: bytes) -> bytes:
    stream.seek(address)
    block = stream.read(size)
    if not block.startswith(signature):
        raise ValueError("no continuation of an object header")
    return block[4:-4] if signature else block


def read_dataspace(data: bytes, at: int) -> tuple[int, ...] | None:
    """The shape that a dataspace message declares; None for one that holds no value at all."""
    version, axes, _, kind = struct.unpack_from("<BBBB", data, at)
    if version not in (1, 2):
        raise ValueError(f"dataspace of version {version}")
    if version == 2 and kind == NULL_SPACE:
        return None
    return struct.unpack_from(f"<{axes}Q", data, at + (8 if version == 1 else 4))


def read_heap(stream: Window, address: int) -> bytes:
    """The data of a local heap: the names of a group, each ended by a zero byte."""
    stream.seek(address)
    start = _at_least(stream, _HEAP.size, USUAL_HEAP)
    signature, size, segment = _HEAP.unpack_from(start)
    if signature != b"HEAP":
        raise ValueError("no local heap")
    if segment == address + _HEAP.size and size <= len(start) - _HEAP.size:
        return start[_HEAP.size : _HEAP.size + size]
    stream.seek(segment)
    return stream.read(size)


def read_symbols(stream: Window, tree: int, level: int | None = None) -> Iterator[list[Symbol]]:
    """The entries of a group by the B-tree at this address, in the order of their names; as many at once as stand in one node."""
    stream.seek(tree)
    data = _at_least(stream, _TREE.size, USUAL_TREE)
    signature, kind, depth, used = _TREE.unpack_from(data)
    if signature != b"TREE" or kind != 0 or depth != (depth if level is None else level):
        raise ValueError("no index of a group")
    end = _TREE.size + 16 * used
    if end > len(data):
        data += _exactly(stream, end - len(data))
    for at in range(_TREE.size + 8, end, 16):
        address = int.from_bytes(data[at : at + 8], "little")
        if depth == 0:
            yield _symbol_node(stream, address)
        else:
            yield from read_symbols(stream, address, depth - 1)


def _symbol_node(stream: Window, address: int) -> list[Symbol]:
    stream.seek(address)
    data = stream.read(NODE)
    if data[:4] != b"SNOD" or len(data) < 8:
        raise ValueError("no node of a group")
    end = 8 + _SYMBOL.size * int.from_bytes(data[6:8], "little")
    if end > len(data):
        data += _exactly(stream, end - len(data))
    return [
        Symbol(name_at, header, soft_at if cached == 2 else None) for name_at, header, cached, soft_at in _SYMBOL.iter_unpack(data[8:end])
    ]


def read_global_heap(stream: Window, address: int) -> dict[int, bytes]:
    """The objects of one collection of the global heap by their index: texts of variable length."""
    stream.seek(address)
    signature, version, size = struct.unpack("<4sB3xQ", _exactly(stream, 16))
    if signature != b"GCOL" or version != 1:
        raise ValueError("no global heap")
    data, objects, at = _exactly(stream, size - 16), {}, 0
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


def _exactly(stream: Window, size: int) -> bytes:
    if size < 0:
        raise ValueError("a negative size")
    return _at_least(stream, size, size)


def _at_least(stream: Window, size: int, most: int) -> bytes:
    data = stream.read(most)
    if len(data) < size:
        raise ValueError("it reaches beyond the end")
    return data
