"""Groups of HDF5's first format, which h5py writes: names in a local heap, links in an index by name.

Layouts: HDF5 File Format Specification 3.0, III.A.1 (version 1 B-trees), III.B (symbol table nodes), III.D (local heaps). Damage raises
ValueError or struct.error, and so does what libhdf5 itself does not open.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain
from typing import TypeAlias

from kdoctor.archive.hdf5.headers import ADDRESS_AND_SIZE, at_least, exactly
from kdoctor.archive.window import Window

USUAL_HEAP = 120  # of a local heap with its data behind it
USUAL_TREE = 40  # of a tree with one leaf
SOFT = 2  # in a symbol: what its place for other things says of it
NO_ROOM = 1  # ends the list of a heap's free room
ROOMS = 64
FEW_NAMES = 1024  # bytes of the names of a small group
ONE_NODE = b"TREE\0\0\1\0"  # an index of a group, without further levels, of one node
ONE_SNOD = b"SNOD\1"  # a node of version 1: there is no other
NODE = 328  # bytes of a symbol table node as HDF5 makes it, for 8 symbols
NODE_ENTRIES = 8
_HEAP, _TREE, _SYMBOL = (struct.Struct(form) for form in ("<4sB3xQQQ", "<4sBBH16x", "<QQI4xI12x"))
_ONE_LEAF, _NODE = struct.Struct("<8s16x8xQ"), struct.Struct("<5sxH")  # a tree whose only leaf is named there, and what a node begins with
_ENTRIES = [struct.Struct("<" + "QQI4xI12x" * used) for used in range(NODE_ENTRIES + 1)]
# An entry of a group: offset of its name in the group's heap, address of its object header, what the rest says (`SOFT`), and then the
# offset of the name that a soft link leads to.
Symbol: TypeAlias = "tuple[int, int, int, int]"
Fields: TypeAlias = "tuple[int, ...]"  # those of all entries of a group, one behind the other


def read_heap(stream: Window, address: int, odd: list[str] | None = None) -> bytes:
    """The data of a local heap: the names of a group, each ended by a zero byte.

    ``odd`` is told why libhdf5 does not open it, where the names can be read all the same; without it that is damage.
    """
    start = at_least(stream, address, _HEAP.size, USUAL_HEAP)
    signature, version, size, free, segment = _HEAP.unpack_from(start)
    if signature != b"HEAP" or version:
        raise ValueError("no local heap")
    beside = segment == address + _HEAP.size and size <= len(start) - _HEAP.size
    data = start[_HEAP.size : _HEAP.size + size] if beside else stream.take(segment, size)
    if not _has_sound_room(data, size, free):
        why = "a local heap whose free room stands elsewhere"
        if odd is None:
            raise ValueError(why)
        odd.append(why)
    return data


def _has_sound_room(data: bytes, size: int, free: int) -> bool:
    """Whether the list of a local heap's free room, from the offset ``free`` on, stays within the heap: libhdf5 opens no other.

    Of a list that is longer than Keras's ever are, its beginning is looked at.
    """
    for _ in range(ROOMS):
        if free == NO_ROOM:
            return True
        if free + ADDRESS_AND_SIZE.size > len(data):
            return len(data) < size  # a cut is told elsewhere
        following, length = ADDRESS_AND_SIZE.unpack_from(data, free)
        if not following or free + length > size:
            return False
        free = following
    return True


def read_symbols(stream: Window, tree: int, level: int | None = None) -> Iterator[Symbol]:
    """The entries of a group by the B-tree at this address, in the order of their names."""
    data = at_least(stream, tree, _TREE.size, USUAL_TREE)
    signature, kind, depth, used = _TREE.unpack_from(data)
    if signature != b"TREE" or kind != 0 or depth != (depth if level is None else level):
        raise ValueError("no index of a group")
    end = _TREE.size + 16 * used
    if end > len(data):
        data += exactly(stream, tree + len(data), end - len(data))
    if used == 1 and depth == 0:  # almost every group: without a generator around the node's own iterator
        return _symbol_node(stream, int.from_bytes(data[_TREE.size + 8 : end], "little"))
    below = (int.from_bytes(data[at : at + 8], "little") for at in range(_TREE.size + 8, end, 16))
    return chain.from_iterable(_symbol_node(stream, at) if depth == 0 else read_symbols(stream, at, depth - 1) for at in below)


def _symbol_node(stream: Window, address: int) -> Iterator[Symbol]:
    data = stream.take(address, NODE)
    if data[:5] != ONE_SNOD or len(data) < 8:
        raise ValueError("no node of a group")
    end = 8 + _SYMBOL.size * int.from_bytes(data[6:8], "little")
    if end > len(data):
        data += exactly(stream, address + len(data), end - len(data))
    return _SYMBOL.iter_unpack(data[8:end])


def read_group(data: bytes, tree: int, heap: int) -> tuple[bytes, Fields] | None:
    """The names and the entries of a small group, from the bytes of the whole file; None for any other, of which reading has to be counted."""
    signature, version, size, free, segment = _HEAP.unpack_from(data, heap)
    kind, node = _ONE_LEAF.unpack_from(data, tree)
    if signature != b"HEAP" or version or kind != ONE_NODE or size > FEW_NAMES:
        return None
    snod, used = _NODE.unpack_from(data, node)
    if snod != ONE_SNOD or used > NODE_ENTRIES:
        return None
    fields = _ENTRIES[used].unpack_from(data, node + _NODE.size)
    names = data[segment : segment + size]
    return (names, fields) if _has_sound_room(names, size, free) else None
