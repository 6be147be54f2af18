"""Protocol buffers as they stand in bytes: the fields of one message, without any schema.

Format: protobuf.dev/programming-guides/encoding. What breaks it raises `MalformedMessage`; no byte is looked at twice by one reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

from kdoctor.errors import KdoctorError

VARINT, FIXED64, BYTES, GROUP, END_OF_GROUP, FIXED32 = 0, 1, 2, 3, 4, 5
WIDTHS: Final = {FIXED64: 8, FIXED32: 4}
LONGEST_VARINT: Final = 10  # bytes

Field: TypeAlias = "tuple[int, int | memoryview]"  # its number, and its value: a number, or the bytes of what is inside


class MalformedMessage(KdoctorError):
    """Bytes that are no protocol buffer, or that break off."""


def fields(message: memoryview) -> Iterator[Field]:
    """Every field of a message in its order; numbers of fixed width as their bytes. Groups, a form of old, are passed over as every reader does."""
    at, end, groups = 0, len(message), 0
    while at < end:
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind in (GROUP, END_OF_GROUP):
            groups += 1 if kind == GROUP else -1
            continue
        if kind == VARINT:
            value, at = _varint(message, at)
            if not groups:
                yield number, value
            continue
        if kind == BYTES:
            length, at = _varint(message, at)
        elif kind in WIDTHS:
            length = WIDTHS[kind]
        else:
            raise MalformedMessage(f"a field of the unknown kind {kind}")
        if at + length > end:
            raise MalformedMessage("a field ends after its message")
        if not groups:
            yield number, message[at : at + length]
        at += length
    if groups:
        raise MalformedMessage("a group breaks off")


def inside(message: memoryview, *path: int) -> Iterator[memoryview]:
    """The messages (or texts) that stand under these field numbers, one level below the other."""
    for number, value in fields(message):
        if number == path[0] and isinstance(value, memoryview):
            if len(path) == 1:
                yield value
            else:
                yield from inside(value, *path[1:])


def text(message: memoryview, number: int) -> str:
    """The text of a field, of several the last, as protocol buffers have it; empty where there is none."""
    found = b""
    for key, value in fields(message):
        if key == number and isinstance(value, memoryview):
            found = bytes(value)
    return found.decode("utf-8", "backslashreplace")


def whole(message: memoryview, number: int) -> int:
    """The number of a field, of several the last; 0 where there is none. What is negative as a 64-bit number stays so."""
    found = 0
    for key, value in fields(message):
        if key == number and isinstance(value, int):
            found = value
    return found - (1 << 64) if found >= 1 << 63 else found


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number and the place behind it."""
    value = 0
    for index in range(LONGEST_VARINT):
        if at + index >= len(message):
            raise MalformedMessage("a number breaks off")
        byte = message[at + index]
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + index + 1
    raise MalformedMessage("a number is too long")
