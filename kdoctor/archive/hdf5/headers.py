"""Object headers and groups as h5py lays them out: read by ourselves, because what else reads them costs more than all of kdoctor.

Layouts: HDF5 File Format Specification 3.0, III.A.1 (version 1 B-trees), III.B (symbol table nodes), III.D (local heaps), III.E (global
heap), IV.A.1 (object headers) and IV.A.2.b (dataspace). Damage raises ValueError or struct.error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from typing import NamedTuple, TypeAlias

from kdoctor.archive.window import Window

PREFIX = 16  # bytes of a header of version 1 before its messages
USUAL_HEADER = 272  # bytes of a header as h5py makes it for an array; a group's is shorter: read at once, most need no second look
USUAL_HEAP = 120  # of a local heap with its data behind it
USUAL_TREE = 40  # of a tree with one leaf
DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = (
    1, 2, 3, 6, 7, 8, 12, 16, 17, 21
)  # fmt: skip
LINKS, ATTRIBUTES = (LINK_INFO, LINK, SYMBOL_TABLE), (ATTRIBUTE, ATTRIBUTE_INFO)
SOFT = 2  # in a symbol: what its place for other things says of it
NULL_SPACE = 2
FEW_NAMES = 1024  # bytes of the names of a small group
ONE_NODE = b"TREE\0\0\1\0"  # an index of a group, without further levels, of one node
NODE = 328  # bytes of a symbol table node as HDF5 makes it, for 8 symbols
_VERSION_1, _VERSION_2, _VERSION_2_ORDERED = (struct.Struct(form) for form in ("<HHB3x", "<BHB", "<BHBxx"))  # before a message
ADDRESS_AND_SIZE = struct.Struct("<QQ")
_START, _HEAP, _TREE, _SYMBOL = (struct.Struct(form) for form in ("<HxxxxI", "<4s4xQ8xQ", "<4sBBH16x", "<QQI4xI12x"))


PATTERNS = 8  # of headers of one length
# An entry of a group: offset of its name in the group's heap, address of its object header, what the rest says (`SOFT`), and then the
# offset of the name that a soft link leads to.
Symbol: TypeAlias = "tuple[int, int, int, int]"


class Message(NamedTuple):
    """A message of an object header; ``at`` is where its body begins in the header's data, in bytes."""

    type: int
    flags: int
    at: int


class Outline(NamedTuple):
    """What a header consists of, in order: the same object for headers that are alike.

    links, attributes: those of the messages that say what a group holds, and what is attached; array: it is a dataset's;
    layout: where the data layout of a dataset begins, in bytes, if it stands there itself.
    """

    messages: tuple[Message, ...]
    links: tuple[Message, ...]
    attributes: tuple[Message, ...]
    array: bool
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
    return Header(Outline(messages, links, attributes, any(m.type == DATASPACE for m in messages), next(layouts, None)), data)


Pattern: TypeAlias = tuple[Callable[[bytes], tuple[int, ...]], tuple[int, ...], Outline]


class Alike:
    """Headers of version 1 that were read, so that the next one like them is not taken apart anew: h5py writes thousands alike.

    Two are alike that have as many messages and bytes, and each message of one kind and size at one place.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, int, int], list[Pattern]] = {}  # by number of messages, bytes of the first block, and of all
        self._continued: dict[tuple[int, int], int] = {}  # where the first block says that there is a second one

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
    version, flags = _exactly(stream, at, 2)
    if version != 2:
        raise ValueError(f"object header of version {version}")
    at += 2 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)  # times; how many attributes are stored compactly
    width = 1 << (flags & 3)
    size = int.from_bytes(_exactly(stream, at, width), "little")
    return _messages(stream, stream.take(at + width, size), _VERSION_2_ORDERED if flags & 4 else _VERSION_2, b"OCHK")


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
                address, size = ADDRESS_AND_SIZE.unpack_from(data, at)
                block = _block(stream, address, size, signature)
                blocks.append((len(data), len(data) + len(block)))
                data += block
            at += fields[1]
    if most is not None and len(found) < most:
        raise ValueError(f"{len(found)} of the {most} messages of an object header")
    return outlined(tuple(found), data)


def _block(stream: Window, address: int, size: int, signature: bytes) -> bytes:
    block = stream.take(address, size)
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
    start = _at_least(stream, address, _HEAP.size, USUAL_HEAP)
    signature, size, segment = _HEAP.unpack_from(start)
    if signature != b"HEAP":
        raise ValueError("no local heap")
    if segment == address + _HEAP.size and size <= len(start) - _HEAP.size:
        return start[_HEAP.size : _HEAP.size + size]
    return stream.take(segment, size)


def read_symbols(stream: Window, tree: int, level: int | None = None) -> Iterator[Symbol]:
    """The entries of a group by the B-tree at this address, in the order of their names."""
    data = _at_least(stream, tree, _TREE.size, USUAL_TREE)
    signature, kind, depth, used = _TREE.unpack_from(data)
    if signature != b"TREE" or kind != 0 or depth != (depth if level is None else level):
        raise ValueError("no index of a group")
    end = _TREE.size + 16 * used
    if end > len(data):
        data += _exactly(stream, tree + len(data), end - len(data))
    if used == 1 and depth == 0:  # almost every group: without a generator around the node's own iterator
        return _symbol_node(stream, int.from_bytes(data[_TREE.size + 8 : end], "little"))
    below = (int.from_bytes(data[at : at + 8], "little") for at in range(_TREE.size + 8, end, 16))
    return chain.from_iterable(_symbol_node(stream, at) if depth == 0 else read_symbols(stream, at, depth - 1) for at in below)


def _symbol_node(stream: Window, address: int) -> Iterator[Symbol]:
    data = stream.take(address, NODE)
    if data[:4] != b"SNOD" or len(data) < 8:
        raise ValueError("no node of a group")
    end = 8 + _SYMBOL.size * int.from_bytes(data[6:8], "little")
    if end > len(data):
        data += _exactly(stream, address + len(data), end - len(data))
    return _SYMBOL.iter_unpack(data[8:end])


def read_group(data: bytes, tree: int, heap: int) -> tuple[bytes, Iterator[Symbol]] | None:
    """The names and the entries of a small group, from the bytes of the whole file; None for any other, of which reading has to be counted."""
    signature, size, segment = _HEAP.unpack_from(data, heap)
    kind, node = data[tree : tree + 8], int.from_bytes(data[tree + _TREE.size + 8 : tree + _TREE.size + 16], "little")
    end = node + 8 + _SYMBOL.size * int.from_bytes(data[node + 6 : node + 8], "little")
    if (
        signature != b"HEAP"
        or kind != ONE_NODE
        or data[node : node + 4] != b"SNOD"
        or end > min(len(data), node + NODE)
        or size > FEW_NAMES
    ):
        return None
    return data[segment : segment + size], _SYMBOL.iter_unpack(data[node + 8 : end])


def read_global_heap(stream: Window, address: int) -> dict[int, bytes]:
    """The objects of one collection of the global heap by their index: texts of variable length."""
    signature, version, size = struct.unpack("<4sB3xQ", _exactly(stream, address, 16))
    if signature != b"GCOL" or version != 1:
        raise ValueError("no global heap")
    data, objects, at = _exactly(stream, address + 16, size - 16), {}, 0
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


def _exactly(stream: Window, at: int, size: int) -> bytes:
    if size < 0:
        raise ValueError("a negative size")
    return _at_least(stream, at, size, size)


def _at_least(stream: Window, at: int, size: int, most: int) -> bytes:
    data = stream.take(at, most)
    if len(data) < size:
        raise ValueError("it reaches beyond the end")
    return data
