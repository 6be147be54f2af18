"""What Keras broke when it wrote code on Windows: every byte 0x5c became 0x2f, meant for the backslashes of file names (func_dump)."""

from __future__ import annotations

import re
import struct

from kdoctor.bytecode.code import Code

SLASH, BACKSLASH = 0x2F, 0x5C  # no Python up to 3.12 has an instruction 0x2f; 0x5c is their UNPACK_SEQUENCE
DRIVE = re.compile(r"[A-Za-z]:/")
SMALL = 1 << 31  # what marshal writes as four bytes; larger integers in digits of 15 bits


def doubtful_constant(code: Code) -> int | float | None:
    """A number of code that was saved on Windows, which another number may have been: one of its bytes is a slash."""
    for each in (code, *code.nested()):
        if DRIVE.match(each.filename):
            for constant in each.consts:
                if isinstance(constant, (int, float)) and SLASH in _marshalled(constant):
                    return constant
    return None


def _marshalled(number: int | float) -> bytes:
    if isinstance(number, float):
        return struct.pack("<d", number)
    if -SMALL <= number < SMALL:
        return struct.pack("<i", number)
    digits = (abs(number) >> shift & 0x7FFF for shift in range(0, number.bit_length(), 15))
    return b"".join(digit.to_bytes(2, "little") for digit in digits)
