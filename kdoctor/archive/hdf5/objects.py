"""The objects of an untrusted HDF5 file: links, attributes and array types, without its values.

The one place that knows pyfive, whose low-level readers take over where h5py's usual layout ends. Its ``File`` is not used: it follows
links and fails as a whole on one bad link. Importing it costs more than the rest of an examination, so only such files do.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import NamedTuple

from kdoctor.archive.hdf5.damage import DAMAGE
from kdoctor.archive.hdf5.datatypes import (
    ENUM,
    FLOAT,
    INTEGER,
    OPAQUE,
    STRING,
    VARIABLE,
    dtype_name,
    is_little,
    nested,
    numbers,
    product,
    require_sound,
    value_text,
)
from kdoctor.archive.hdf5.group_index import SOFT, read_heap, read_symbols
from kdoctor.archive.hdf5.header_reader import HeaderReader
from kdoctor.archive.hdf5.headers import (
    ADDRESS_AND_SIZE,
    ATTRIBUTE,
    ATTRIBUTE_INFO,
    DATASPACE,
    DATATYPE,
    EXTERNAL_FILES,
    FILL_VALUE,
    FILL_VERSIONS,
    FILTERS,
    LAYOUT,
    LINK,
    LINK_INFO,
    SYMBOL_TABLE,
    Header,
    Outline,
    read_dataspace,
    read_global_heap,
)
from kdoctor.archive.hdf5.messages import (
    UNDEFINED,
    Link,
    address_place,
    foreign_filters,
    holds_chunks,
    read_attribute_header,
    read_attribute_info,
    read_external_files,
    read_layout,
    read_link,
    read_link_info,
    read_shared,
    terminated,
)
from kdoctor.archive.hdf5.metered import Metered
from kdoctor.document import Json

TREE_DEPTH = 16
ARRAYS = 256  # kinds of arrays that are remembered
VALUE_BYTES = 64  # what a value takes in memory, whatever it takes in the file


class Unlike(TypeError):
    """An attribute of a type that no attribute of Keras has: a reference, a compound, opaque bytes."""


class TooLarge(ValueError):
    """An attribute that declares more than the limit."""

    def __init__(self, name: str, found: int) -> None:
        super().__init__(f"attribute {name!r} of {found} bytes")
        self.found = found


class Array(NamedTuple):
    """What a dataset's header says. ``end``: address behind its values where they are contiguous, else 0; ``bytes``: of all its values;

    ``start``: address of its values where they stand in one piece, the least significant byte of each first; else None.
    ``filters``: those that its values are packed with and that h5py does not have.
    """

    shape: tuple[int, ...]
    dtype: str
    storage: str
    end: int
    files: tuple[str, ...] = ()
    bytes: int = 0
    start: int | None = None
    filters: tuple[int, ...] = ()


class Attribute(NamedTuple):
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
        self._heaps: dict[int, dict[int, bytes]] = {}
        self.header = HeaderReader(stream).read
        self._text_head = b"", ""  # all of the last attribute with one text but the text, and its name
        self._arrays: dict[tuple[int, bytes, bytes], tuple[Outline, Array]] = {}  # the outline is kept, so that its id stays its own

    def links(self, header: Header) -> Iterator[Link]:
        """The links of a group, looked at and not followed."""
        for kind, _, at in header.outline.links:
            if kind == LINK:
                yield read_link(header.data, at)
            elif kind == LINK_INFO and (info := read_link_info(header.data, at)):
                for data in self._dense("BTreeV2GroupNames", *info):
                    yield read_link(data, 0)
            elif kind == SYMBOL_TABLE:
                yield from self._symbols(*struct.unpack_from("<QQ", header.data, at))

    def attributes(self, header: Header) -> Iterator[Attribute]:
        """The attributes of an object; damage in one of them does not hide the others."""
        for kind, _, at in header.outline.attributes:
            if kind == ATTRIBUTE:
                yield self._attribute(header.data, at)
            elif kind == ATTRIBUTE_INFO:
                try:
                    info = read_attribute_info(header.data, at)
                    for data in self._dense("BTreeV2AttrNames", *info) if info else ():
                        yield self._attribute(data, 0)
                except DAMAGE as error:
                    yield Attribute("", error=error)

    def array(self, header: Header) -> Array:
        """Shape, dtype and storage of a dataset. Those that differ in the address of their values alone are taken apart once."""
        outline, data = header
        place = None if outline.layout is None else address_place(data, outline.layout)
        if place is None:
            return self._array(header)
        alike = id(outline), data[:place], data[place + 8 :]
        kept = self._arrays.get(alike)
        if kept is None:
            if len(self._arrays) >= ARRAYS:
                self._arrays.clear()
            kept = self._arrays[alike] = outline, self._array(header)
        shape, dtype, storage, _, files, size, start, _ = kept[1]
        end = sum(ADDRESS_AND_SIZE.unpack_from(data, place))
        return Array(shape, dtype, storage, end, files, size, None if start is None else end - size)

    def _array(self, header: Header) -> Array:
        messages = {kind: at for kind, flags, at in reversed(header.outline.messages) if not flags & 2}
        data = header.data
        shape = read_dataspace(data, messages[DATASPACE])
        layout = read_layout(data, messages[LAYOUT])
        files: tuple[str, ...] = ()
        if EXTERNAL_FILES in messages:
            heap, offsets = read_external_files(data, messages[EXTERNAL_FILES])
            names = read_heap(self._stream, heap)
            files = tuple(terminated(names, offset) for offset in offsets)
        if FILL_VALUE in messages and data[messages[FILL_VALUE]] not in FILL_VERSIONS:
            raise ValueError("no fill value")
        dtype = dtype_name(data, messages[DATATYPE])
        if data[messages[DATATYPE]] & 15 == OPAQUE:  # Keras 3 stores a dtype that HDF5 lacks as raw bytes, its name beside them
            dtype = next((str(a.value) for a in self.attributes(header) if a.name == "dtype" and a.value), dtype)
        size = 0 if shape is None else product(shape) * struct.unpack_from("<I", data, messages[DATATYPE] + 4)[0]
        in_place = layout.end > 0 and layout.size == size and not files and is_little(data, messages[DATATYPE])
        start = layout.end - size if in_place else None
        packed = FILTERS in messages and holds_chunks(data, messages[LAYOUT])
        filters = foreign_filters(data, messages[FILTERS]) if packed else ()
        return Array((0,) if shape is None else shape, dtype, layout.storage, layout.end, files, size, start, filters)

    def _symbols(self, tree: int, heap: int) -> Iterator[Link]:
        """All links that can be read, and then ValueError where libhdf5 does not open the group, or does not find them: it looks by their order."""
        odd: list[str] = []
        names = read_heap(self._stream, heap, odd)
        last = b""
        for name_at, address, kind, soft_at in read_symbols(self._stream, tree):
            name, before = terminated(names, name_at), last
            last = names[name_at : name_at + len(name.encode())]
            if kind > SOFT or last < before:
                odd.append(f"a link that is not to be found, {name!r}")
            yield Link(name, "soft", to=terminated(names, soft_at)) if kind == SOFT else Link(name, "hard", address, "", "")
        if odd:
            raise ValueError(odd[0])

    def _dense(self, tree: str, heap_address: int, tree_address: int) -> Iterator[bytes]:
        """What a group with many or large links or attributes keeps apart: rare in files of Keras, and so left to pyfive."""
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # pyfive brings numpy, whose library starts threads that nothing here needs
        import pyfive.btree
        from pyfive.core import InvalidHDF5File
        from pyfive.misc_low_level import FractalHeap

        self._stream.seek(tree_address + 12)
        depth = int.from_bytes(self._stream.read(2), "little")
        if depth > TREE_DEPTH:
            raise ValueError(f"index of depth {depth}")
        try:
            heap = FractalHeap(self._stream, heap_address)
            for record in getattr(pyfive.btree, tree)(self._stream, tree_address).iter_records():
                data: bytes | None = heap.get_data(record["heapid"])
                if data is not None:
                    self._stream.spend(len(data))
                    yield data
        except InvalidHDF5File as error:
            raise ValueError(str(error)) from error

    def _attribute(self, data: bytes, at: int) -> Attribute:
        name = ""
        try:
            head, text_name = self._text_head  # thousands of groups have one attribute, a text, that differs in nothing but its value
            if head and data.startswith(head, at):
                return Attribute(text_name, self._texts(text_name, data, at + len(head), 1)[0])
            header = read_attribute_header(data, at)
            name, datatype = header.name, header.datatype
            if header.shared:
                data, datatype = self._with_type(data, datatype)
            value = self._value(name, data, datatype, header.dataspace, header.value)
            if isinstance(value, str) and not header.shared and data[datatype] & 15 == VARIABLE:
                self._text_head = data[at : header.value], name
            return Attribute(name, value)
        except DAMAGE as error:
            return Attribute(name, error=error)

    def _with_type(self, data: bytes, at: int) -> tuple[bytes, int]:
        """The buffer with the datatype that is referred to there behind it, and where it begins."""
        shared = self.header(read_shared(data, at))
        return data + shared.data, len(data) + {kind: at for kind, _, at in shared.outline.messages}[DATATYPE]

    def _value(self, name: str, data: bytes, datatype: int, dataspace: int, at: int) -> Json:
        shape = read_dataspace(data, dataspace)
        require_sound(data, datatype)
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
            values = numbers(data, datatype, count, at)
        else:
            raise Unlike(f"attribute {name!r} of datatype class {kind}")
        if shape == ():
            return values[0]
        return values if shape is None or len(shape) < 2 else nested(values, shape)

    def _texts(self, name: str, data: bytes, at: int, count: int) -> list[str]:
        found, total = [], 0
        for start in range(at, at + 16 * count, 16):
            size, address, index = struct.unpack_from("<IQI", data, start)
            if address not in self._heaps and address not in (0, UNDEFINED):
                self._heaps[address] = read_global_heap(self._stream, address)
            value = self._heaps[address][index] if size else b""
            if len(value) != size:
                raise ValueError(f"a text of {size} bytes that has {len(value)}")
            value = value.partition(b"\0")[0]  # HDF5 hands it over as C does
            total += len(value)
            if total > self._attribute_bytes:
                raise TooLarge(name, total)
            found.append(value_text(value))
        return found
