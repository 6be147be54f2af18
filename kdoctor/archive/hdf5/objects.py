"""The one place that knows pyfive: object headers, links, attributes and array types of an untrusted HDF5 file, without its values.

pyfive's low-level readers of trees and heaps are used, not its ``File``: that follows links and fails as a whole on one bad link.
Import this module only when an HDF5 file is really read: pyfive brings numpy.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy
from pyfive.btree import BTreeV1Groups, BTreeV2AttrNames, BTreeV2GroupNames
from pyfive.core import InvalidHDF5File
from pyfive.dataobjects import DataObjects, determine_data_shape
from pyfive.misc_low_level import FractalHeap, GlobalHeap, Heap, SymbolTable

from kdoctor.archive.hdf5.datatypes import (
    ENUM,
    FLOAT,
    INTEGER,
    OPAQUE,
    STRING,
    VARIABLE,
    dtype_name,
    nested,
    number_dtype,
    product,
    value_text,
)
from kdoctor.archive.hdf5.messages import (
    UNDEFINED,
    Link,
    read_attribute_header,
    read_attribute_info,
    read_external_files,
    read_layout,
    read_link,
    read_link_info,
    terminated,
)
from kdoctor.archive.hdf5.metered import Metered
from kdoctor.document import Json

# What pyfive and the parsers of messages raise on damaged bytes. 10,000 mutants showed the first six and NotImplementedError; the others
# guard against arithmetic on sizes from the file, recursion into nested types, false lengths and other releases of pyfive.
DAMAGE = (
    InvalidHDF5File,
    AssertionError,
    struct.error,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    NotImplementedError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)

DATASPACE, LINK_INFO, DATATYPE, LINK, EXTERNAL_FILES, LAYOUT, ATTRIBUTE, SYMBOL_TABLE, ATTRIBUTE_INFO = 1, 2, 3, 6, 7, 8, 12, 17, 21

HEADER_BYTES = {1: 8 * 2**20, ord("O"): 2**20}  # a version 2 header may hold a message in every four bytes
HEADER_READS = 512
MESSAGE_COST = 64  # what one message of a header costs in time, expressed in bytes
TREE_DEPTH = 16
VALUE_BYTES = 64  # what a value takes in memory, whatever it takes in the file


class TooLarge(ValueError):
    """An attribute that declares more than the limit."""

    def __init__(self, name: str, found: int) -> None:
        super().__init__(f"attribute {name!r} of {found} bytes")
        self.found = found


@dataclass(frozen=True, slots=True)
class Array:
    """What a dataset's header says. ``end``: address behind its values where they are contiguous, else 0."""

    shape: tuple[int, ...]
    dtype: str
    storage: str
    end: int
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of a group: its value, or the exception that reading it ended with.

    Texts are UTF-8; bytes that are none stand as lone surrogates (PEP 383), so that a JSON text can be given its bytes back.
    """

    name: str
    value: Json = None
    error: Exception | None = None


class Objects:
    """The objects of one HDF5 file by the address of their header; on damage every method raises one of `DAMAGE`; ``attributes`` yields it instead."""

    def __init__(self, stream: Metered, attribute_bytes: int) -> None:
        self._stream = stream
        self._attribute_bytes = attribute_bytes
        self._heaps: dict[int, Any] = {}

    def header(self, address: int) -> Any:
        """The header of an object: opaque to callers, who hand it back."""
        self._stream.seek(address)
        version = self._stream.read(1)
        if not version:
            raise ValueError(f"it should stand at byte {address}, beyond the end")
        with self._stream.within(HEADER_BYTES.get(version[0], 0), HEADER_READS):
            header = DataObjects(self._stream, address)
        self._stream.spend(len(header.msgs) * MESSAGE_COST)
        return header

    def is_array(self, header: Any) -> bool:
        return any(message["type"] == DATASPACE for message in header.msgs)

    def links(self, header: Any) -> Iterator[Link]:
        """The links of a group, looked at and not followed."""
        for message in header.msgs:
            at = message["offset_to_message"]
            if message["type"] == LINK:
                yield read_link(header.msg_data, at)
            elif message["type"] == LINK_INFO and (info := read_link_info(header.msg_data, at)):
                for data in self._dense(BTreeV2GroupNames, *info):
                    yield read_link(data, 0)
            elif message["type"] == SYMBOL_TABLE:
                yield from self._symbols(*struct.unpack_from("<QQ", header.msg_data, at))

    def attributes(self, header: Any) -> Iterator[Attribute]:
        """The attributes of an object; damage in one of them does not hide the others."""
        for message in header.msgs:
            at = message["offset_to_message"]
            if message["type"] == ATTRIBUTE:
                yield self._attribute(header.msg_data, at)
            elif message["type"] == ATTRIBUTE_INFO:
                try:
                    info = read_attribute_info(header.msg_data, at)
                    for data in self._dense(BTreeV2AttrNames, *info) if info else ():
                        yield self._attribute(data, 0)
                except DAMAGE as error:
                    yield Attribute("", error=error)

    def array(self, header: Any) -> Array:
        """Shape, dtype and storage of a dataset."""
        messages = {message["type"]: message["offset_to_message"] for message in reversed(header.msgs) if not message["flags"] & 2}
        data = header.msg_data
        shape, _ = determine_data_shape(data, messages[DATASPACE])
        layout = read_layout(data, messages[LAYOUT])
        files: tuple[str, ...] = ()
        if EXTERNAL_FILES in messages:
            heap, offsets = read_external_files(data, messages[EXTERNAL_FILES])
            names = Heap(self._stream, heap).data
            files = tuple(terminated(names, offset) for offset in offsets)
        dtype = dtype_name(data, messages[DATATYPE])
        if data[messages[DATATYPE]] & 15 == OPAQUE:  # Keras 3 stores a dtype that HDF5 lacks as raw bytes, its name beside them
            dtype = next((str(a.value) for a in self.attributes(header) if a.name == "dtype" and a.value), dtype)
        return Array((0,) if shape is None else tuple(shape), dtype, layout.storage, layout.end, files)

    def _symbols(self, tree: int, heap: int) -> Iterator[Link]:
        names = Heap(self._stream, heap).data
        for address in BTreeV1Groups(self._stream, tree).symbol_table_addresses():
            for entry in SymbolTable(self._stream, address).entries:
                name = terminated(names, entry["link_name_offset"])
                if entry["cache_type"] == 2:
                    yield Link(name, "soft", to=terminated(names, struct.unpack_from("<I", entry["scratch"])[0]))
                else:
                    yield Link(name, "hard", entry["object_header_address"])

    def _dense(self, tree: Any, heap_address: int, tree_address: int) -> Iterator[bytes]:
        self._stream.seek(tree_address + 12)
        depth = int.from_bytes(self._stream.read(2), "little")
        if depth > TREE_DEPTH:
            raise ValueError(f"index of depth {depth}")
        heap = FractalHeap(self._stream, heap_address)
        for record in tree(self._stream, tree_address).iter_records():
            data: bytes | None = heap.get_data(record["heapid"])
            if data is not None:
                self._stream.spend(len(data))
                yield data

    def _attribute(self, data: bytes, at: int) -> Attribute:
        name = ""
        try:
            header = read_attribute_header(data, at)
            name = header.name
            return Attribute(name, self._value(name, data, header.datatype, header.dataspace, header.value))
        except DAMAGE as error:
            return Attribute(name, error=error)

    def _value(self, name: str, data: bytes, datatype: int, dataspace: int, at: int) -> Json:
        shape, _ = determine_data_shape(data, dataspace)
        kind, size = data[datatype] & 15, struct.unpack_from("<I", data, datatype + 4)[0]
        count = 0 if shape is None else product(shape)
        cost = count * max(size, VALUE_BYTES)
        if cost > self._attribute_bytes:
            raise TooLarge(name, cost)
        if kind == VARIABLE and data[datatype + 1] & 15 == 1:
            values: Json = self._texts(name, data, at, count)
        elif kind == STRING:
            values = [value_text(data[start : start + size].rstrip(b"\0")) for start in range(at, at + count * size, size or 1)]
        elif kind in (INTEGER, FLOAT, ENUM):
            values = numpy.frombuffer(data, number_dtype(data, datatype), count, at).tolist()
        else:
            raise TypeError(f"attribute {name!r} of datatype class {kind}")
        if shape == ():
            return values[0]
        return values if shape is None or len(shape) < 2 else nested(values, shape)

    def _texts(self, name: str, data: bytes, at: int, count: int) -> list[str]:
        found, total = [], 0
        for start in range(at, at + 16 * count, 16):
            size, address, index = struct.unpack_from("<IQI", data, start)
            if address not in self._heaps and address not in (0, UNDEFINED):
                self._heaps[address] = GlobalHeap(self._stream, address).objects
            value = self._heaps[address][index][:size] if size else b""
            total += len(value)
            if total > self._attribute_bytes:
                raise TooLarge(name, total)
            found.append(value_text(value))
        return found
