"""The instructions of every Python that we read: names, kinds of arguments, cache entries. Data: opcodes.json."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from kdoctor.bytecode.code import Release


class Operand(Enum):
    """What the argument of an instruction means; the value is its letter in opcodes.json."""

    NOTHING = "-"
    NUMBER = "i"
    CONSTANT = "c"
    NAME = "n"
    LOCAL = "l"
    FREE = "f"
    JUMP_BY = "r"
    JUMP_TO = "a"


@dataclass(frozen=True, slots=True)
class Opcode:
    """One instruction of one Python; `caches` counts the two-byte cache entries that follow it in the code."""

    name: str
    number: int
    operand: Operand
    caches: int


@dataclass(frozen=True, slots=True)
class OpcodeTable:
    """The instructions of one Python release, by number."""

    release: Release
    argument_from: int
    """Opcodes below this number ignore their argument (before 3.6 they have none)."""
    by_number: dict[int, Opcode]

    @property
    def is_wordcode(self) -> bool:
        """Since 3.6 every instruction takes two bytes; before, one or three."""
        return self.release >= (3, 6)

    @property
    def jump_unit(self) -> int:
        """Bytes per step of a jump argument: since 3.10 jumps count instructions."""
        return 2 if self.release >= (3, 10) else 1


# Low bits of a name argument that are flags, not part of the index (CPython, Python/bytecodes.c).
_FLAG_BITS: dict[str, tuple[Release, int]] = {
    "LOAD_GLOBAL": ((3, 11), 1),
    "LOAD_ATTR": ((3, 12), 1),
    "LOAD_SUPER_ATTR": ((3, 12), 2),
}


def flag_bits(name: str, release: Release) -> int:
    """How many low bits of the argument of `name` are flags in `release`."""
    since, bits = _FLAG_BITS.get(name, (release, 0))
    return bits if release >= since else 0


@functools.cache
def _tables() -> dict[Release, OpcodeTable]:
    document = json.loads(Path(__file__).with_name("opcodes.json").read_text(encoding="utf-8"))
    tables = {}
    for python in document["pythons"]:
        major, minor = map(int, python["release"].split("."))
        opcodes = {number: Opcode(name, number, Operand(kind), caches) for name, number, kind, caches in python["opcodes"]}
        tables[major, minor] = OpcodeTable((major, minor), python["argument_from"], opcodes)
    return tables


def opcode_table(release: Release) -> OpcodeTable:
    """The instructions of `release`; raises KeyError when we have none for it."""
    return _tables()[release]
