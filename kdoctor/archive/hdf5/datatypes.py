"""HDF5's datatypes in numpy's words, and attribute values in JSON's. Layout: HDF5 File Format Specification 3.0, IV.A.2.d."""

from __future__ import annotations

import struct
from typing import Any

import numpy
from pyfive.datatype_msg import DatatypeMessage

from kdoctor.document import Json

INTEGER, FLOAT, STRING, OPAQUE, COMPOUND, REFERENCE, ENUM, VARIABLE = 0, 1, 3, 5, 6, 7, 8, 9


def value_text(data: bytes) -> str:
    """A text value: UTF-8, and lone surrogates (PEP 383) for bytes that are none."""
    return data.decode("utf-8", "surrogateescape")


def product(shape: tuple[int, ...]) -> int:
    """How many values an array of this shape has."""
    count = 1
    for length in shape:
        count *= length
    return count


def nested(values: list[Json], shape: tuple[int, ...]) -> list[Json]:
    """The values of an array, given in C order, as lists of lists."""
    for length in reversed(shape[1:]):
        values = [values[at : at + length] for at in range(0, len(values), length)] if length else []
    return values


def dtype_name(data: bytes, at: int) -> str:
    """The name of a datatype message: numpy's, ``str`` for texts and ``object`` for what else has no fixed size, ``void…`` for the rest."""
    kind, size = data[at] & 15, struct.unpack_from("<I", data, at + 4)[0]
    if kind == VARIABLE:
        return "str" if data[at + 1] & 15 == 1 else "object"
    if kind == STRING:
        return f"bytes{8 * size}"
    if kind == REFERENCE:
        return "object"
    if kind == FLOAT and (size == 1 or (size == 2 and data[at + 13] == 8)):  # eight bits of exponent
        return "bfloat16" if size == 2 else "float8"
    if kind == COMPOUND and data[at + 8 : at + 10] == b"r\0" and size in (8, 16):  # numpy's complex numbers, as h5py stores them
        return f"complex{8 * size}"
    if kind in (INTEGER, FLOAT, ENUM):
        return str(number_dtype(data, at).name)
    return f"void{8 * size}"


def number_dtype(data: bytes, at: int) -> Any:
    """The numpy dtype of a number; that of an enumeration is its base type, which numpy's bool is stored as."""
    if data[at] & 15 != ENUM:
        return DatatypeMessage(data, at).ptype.dtype
    return numpy.dtype(bool) if data[at + 20 : at + 26] == b"FALSE\0" else DatatypeMessage(data, at + 8).ptype.dtype
