"""Code bytes as a list of instructions, and whether those bytes make sense in a given Python at all."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from kdoctor.bytecode.backslashes import BACKSLASH, SLASH
from kdoctor.bytecode.code import Code, MalformedCode, Release
from kdoctor.bytecode.opcodes import Opcode, OpcodeTable, Operand, flag_bits, opcode_table

# Opcodes that hold two four-bit indices of locals in one argument (since 3.13).
PAIRS_OF_LOCALS = ("LOAD_FAST_LOAD_FAST", "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "STORE_FAST_STORE_FAST", "STORE_FAST_LOAD_FAST")
JUMPS = (Operand.JUMP_TO, Operand.JUMP_BY)


class Instruction(NamedTuple):
    """One instruction without its prefixes and caches.

    `offset` is where it starts, its EXTENDED_ARG prefixes included (jumps land there); `end` is where the next one
    starts; `target` is the offset that a jump goes to.
    """

    offset: int
    end: int
    name: str
    operand: Operand
    argument: int
    target: int | None = None


def instructions_of(code: Code, release: Release) -> tuple[Instruction, ...]:
    """Decode and validate the code as `release` would; raises MalformedCode (offsets count within the code bytes)."""
    decoded = _decode(code.instructions, release)
    starts = {instruction.offset for instruction in decoded}
    valid: set[tuple[str, int]] = set()  # few differ in a long function
    for instruction in decoded:
        if instruction.target is None:
            if (instruction.name, instruction.argument) in valid:
                continue
            valid.add((instruction.name, instruction.argument))
        _validate(instruction, code, release, starts)
    return decoded


def variables_of(code: Code, instruction: Instruction, release: Release) -> tuple[str, ...]:
    """The local, cell or free variables that an instruction names (two where two indices share an argument)."""
    if instruction.name in PAIRS_OF_LOCALS:
        return code.localsplus[instruction.argument >> 4], code.localsplus[instruction.argument & 15]
    if release >= (3, 11):
        return (code.localsplus[instruction.argument],)
    names = code.varnames if instruction.operand is Operand.LOCAL else code.cellvars + code.freevars
    return (names[instruction.argument],)


@lru_cache(maxsize=4)  # whoever looks at a code decodes it anew, and an instruction is dear
def _decode(data: bytes, release: Release) -> tuple[Instruction, ...]:
    table, decoded = opcode_table(release), []
    size, opcodes, argument_from, wide, narrow = len(data), table.by_number, table.argument_from, *_widths(table)
    position = start = extension = 0
    while position < size:
        opcode = opcodes.get(data[position]) or _written_as_slash(data[position], table)
        if opcode is None or opcode.name == "CACHE":
            raise MalformedCode(f"no instruction {data[position]} in Python {_text(release)}", position)
        takes = opcode.number >= argument_from
        end = position + (wide if takes else narrow)
        if end > size:
            raise MalformedCode("the code ends within an instruction", position)
        argument = extension | int.from_bytes(data[position + 1 : end], "little") if takes else extension
        position = end
        if opcode.name == "EXTENDED_ARG":
            extension = argument << (8 if table.is_wordcode else 16)
            if extension >> 32:
                raise MalformedCode("argument over 32 bits", position)
            continue
        if opcode.caches:
            position = _skip_caches(data, position, opcode)
        target = _target(opcode, argument, position, table) if opcode.operand in JUMPS else None
        decoded.append(Instruction(start, position, opcode.name, opcode.operand, argument, target))
        start, extension = position, 0
    if start != size or not decoded:
        raise MalformedCode("the code ends within an instruction", start)
    return tuple(decoded)


def _written_as_slash(number: int, table: OpcodeTable) -> Opcode | None:
    """The instruction that Keras wrote as another number on Windows, where no instruction has that number."""
    return table.by_number.get(BACKSLASH) if number == SLASH else None


def _widths(table: OpcodeTable) -> tuple[int, int]:
    """Bytes of an instruction with an argument, and of one without."""
    return (2, 2) if table.is_wordcode else (3, 1)


def _skip_caches(data: bytes, position: int, opcode: Opcode) -> int:
    end = position + 2 * opcode.caches
    if data[position:end] != bytes(2 * opcode.caches):
        raise MalformedCode(f"cache entries of {opcode.name} are not empty", position)
    return end


def _target(opcode: Opcode, argument: int, end: int, table: OpcodeTable) -> int | None:
    distance = argument * table.jump_unit
    if opcode.operand is Operand.JUMP_TO:
        return distance
    if opcode.operand is Operand.JUMP_BY:
        return end - distance if "BACKWARD" in opcode.name else end + distance
    return None


def _validate(instruction: Instruction, code: Code, release: Release, starts: set[int]) -> None:
    if instruction.target is not None:
        inside = instruction.target in starts
    elif instruction.name in PAIRS_OF_LOCALS:
        inside = instruction.argument <= 0xFF and max(instruction.argument >> 4, instruction.argument & 15) < len(code.localsplus)
    else:
        size = _size(instruction.operand, code, release)
        inside = size is None or instruction.argument >> flag_bits(instruction.name, release) < size
    if not inside:
        raise MalformedCode(f"{instruction.name} {instruction.argument} points nowhere", instruction.offset)


def _size(operand: Operand, code: Code, release: Release) -> int | None:
    numbered_together = release >= (3, 11)
    match operand:
        case Operand.CONSTANT:
            return len(code.consts)
        case Operand.NAME:
            return len(code.names)
        case Operand.LOCAL:
            return len(code.localsplus if numbered_together else code.varnames)
        case Operand.FREE:
            return len(code.localsplus) if numbered_together else len(code.cellvars) + len(code.freevars)
    return None


def _text(release: Release) -> str:
    return "{}.{}".format(*release)
