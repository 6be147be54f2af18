"""HDF5's datatypes in numpy's words, and attribute values in JSON's. Layout: HDF5 File Format Specification 3.0, IV.A.2.d."""

from __future__ import annotations

import struct

from kdoctor.document import Json

INTEGER, FLOAT, STRING, OPAQUE, COMPOUND, REFERENCE, ENUM, VARIABLE = 0, 1, 3, 5, 6, 7, 8, 9
VERSIONS, CLASSES = 5, 11  # of datatype messages
# class and size in bytes (negative: signed) -> numpy's name and the letter of Python's struct
NUMBERS = {
    (INTEGER, -1): ("int8", "b"),
    (INTEGER, -2): ("int16", "h"),
    (INTEGER, -4): ("int32", "i"),
    (INTEGER, -8): ("int64", "q"),
    (INTEGER, 1): ("uint8", "B"),
    (INTEGER, 2): ("uint16", "H"),
    (INTEGER, 4): ("uint32", "I"),
    (INTEGER, 8): ("uint64", "Q"),
    (FLOAT, 2): ("float16", "e"),
    (FLOAT, 4): ("float32", "f"),
    (FLOAT, 8): ("float64", "d"),
}


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
    require_sound(data, at)
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
        return _number(data, at)[0]
    return f"void{8 * size}"


def require_sound(data: bytes, at: int) -> None:
    """Raises ValueError for a datatype message with which libhdf5 opens nothing: bits of a number that stand outside of it."""
    kind, version, size = data[at] & 15, data[at] >> 4, struct.unpack_from("<I", data, at + 4)[0]
    if not 1 <= version <= VERSIONS or kind > CLASSES or not size:
        raise ValueError(f"a datatype of class {kind}, version {version} and {size} bytes")
    if kind in (VARIABLE, ENUM) and data[at + 8] & 15 in (INTEGER, FLOAT):
        require_sound(data, at + 8)
    if kind not in (INTEGER, FLOAT):
        return
    first, bits = struct.unpack_from("<HH", data, at + 8)
    sound = first + bits <= 8 * size and (bits > 0 if size == 1 else 8 * size <= 2 * bits)
    if kind == FLOAT:
        sign, (exponent, exponents, fraction, fractions) = data[at + 2], data[at + 12 : at + 16]
        sound = sound and sign < bits and exponent + exponents <= bits and fraction + fractions <= bits and exponents > 0 and fractions > 0
    if not sound:
        raise ValueError(f"a number of {size} bytes whose bits stand elsewhere")


def is_little(data: bytes, at: int) -> bool:
    """Whether the values are numbers of which the least significant byte comes first, or raw bytes, and nothing else has to be known."""
    kind = data[at] & 15
    return kind == OPAQUE or (kind in (INTEGER, FLOAT) and not data[at + 1] & 1) or (kind == ENUM and not data[at + 9] & 1)


def numbers(data: bytes, at: int, count: int, values_at: int) -> list[Json]:
    """So many numbers of the datatype whose message is at ``at``, from ``values_at`` on. Raises ValueError or struct.error."""
    order = ">" if data[at + (9 if data[at] & 15 == ENUM else 1)] & 1 else "<"
    return list(struct.unpack_from(f"{order}{count}{_number(data, at)[1]}", data, values_at))


def _number(data: bytes, at: int) -> tuple[str, str]:
    """Name and letter of a number; those of an enumeration are its base type's, which numpy's bool is stored as."""
    kind, size = data[at] & 15, struct.unpack_from("<I", data, at + 4)[0]
    if kind == ENUM:
        return ("bool", "?") if data[at + 20 : at + 26] == b"FALSE\0" else _number(data, at + 8)
    if kind == INTEGER and data[at + 1] & 8:
        size = -size
    if (kind, size) not in NUMBERS:
        raise ValueError(f"a number of class {kind} and {abs(size)} bytes")
    return NUMBERS[kind, size]
