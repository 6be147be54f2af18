"""What one release writes in one way and its neighbours in another, in code that both could run."""

from __future__ import annotations

from itertools import pairwise

from kdoctor.bytecode.code import Code, Release
from kdoctor.bytecode.instructions import Instruction

# Two instructions in a row that these releases always write as one: RETURN_CONST, BINARY_SLICE.
FUSED: dict[tuple[str, str], tuple[Release, ...]] = {
    ("LOAD_CONST", "RETURN_VALUE"): ((3, 12), (3, 13)),
    ("BUILD_SLICE", "BINARY_SUBSCR"): ((3, 12), (3, 13), (3, 14)),
}
METHOD_CALLS_SINCE: Release = (3, 7)
"""Since 3.7 `a.b(c)` is LOAD_METHOD and CALL_METHOD, before LOAD_ATTR and CALL_FUNCTION."""

# How many more values have to be found before an instruction than after it, to go back over an argument; by its argument where in PER_ITEM.
NEEDS = {
    **dict.fromkeys(("LOAD_CONST", "LOAD_FAST", "LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME", "LOAD_METHOD"), -1),
    **dict.fromkeys(("LOAD_ATTR", "UNARY_NEGATIVE", "UNARY_NOT", "UNARY_INVERT"), 0),
    **dict.fromkeys(("BINARY_ADD", "BINARY_SUBTRACT", "BINARY_MULTIPLY", "BINARY_TRUE_DIVIDE", "BINARY_POWER", "BINARY_SUBSCR"), 1),
}
PER_ITEM = {"BUILD_TUPLE": -1, "BUILD_LIST": -1, "BUILD_SLICE": -1, "CALL_FUNCTION": 0, "CALL_METHOD": 1, "CALL_FUNCTION_KW": 1}


def has_other_habits(code: Code, instructions: tuple[Instruction, ...], release: Release) -> str | None:
    """Why `release` would have written this code otherwise."""
    return _fuses(code, instructions, release) or _calls_methods_otherwise(instructions, release) or _ends_nothing(instructions)


def _ends_nothing(instructions: tuple[Instruction, ...]) -> str | None:
    """Only where a block begins can one end."""
    names = {instruction.name for instruction in instructions}
    return "POP_FINALLY without a block" if "POP_FINALLY" in names and not names & {"SETUP_FINALLY", "SETUP_WITH"} else None


def _fuses(code: Code, instructions: tuple[Instruction, ...], release: Release) -> str | None:
    """Only code without jumps is looked at: where blocks meet, the two stay apart."""
    if code.exceptiontable or any(instruction.target is not None for instruction in instructions):
        return None
    for first, second in pairwise(instructions):
        if release in FUSED.get((first.name, second.name), ()) and (first.name != "BUILD_SLICE" or first.argument == 2):
            return f"{first.name} before {second.name}"
    return None


def _calls_methods_otherwise(instructions: tuple[Instruction, ...], release: Release) -> str | None:
    if not METHOD_CALLS_SINCE <= release <= (3, 10):
        return None
    calls = (index for index, instruction in enumerate(instructions) if instruction.name == "CALL_FUNCTION")
    return "a method called as a function" if any(_calls_an_attribute(instructions, index) for index in calls) else None


def _calls_an_attribute(instructions: tuple[Instruction, ...], index: int) -> bool:
    """Go back over the arguments of a call: does the instruction before them load an attribute?"""
    needed = instructions[index].argument
    while needed > 0:
        index -= 1
        if index < 0:
            return False
        name = instructions[index].name
        if name in NEEDS:
            needed += NEEDS[name]
        elif name in PER_ITEM:
            needed += instructions[index].argument + PER_ITEM[name]
        else:
            return False
    return index > 0 and instructions[index - 1].name == "LOAD_ATTR"
