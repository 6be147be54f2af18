"""Which Pythons may have written a code object: those whose instructions it is made of, and whose habits it has."""

from __future__ import annotations

from collections.abc import Callable

from kdoctor.bytecode.code import Code, MalformedCode, PythonRange, Release
from kdoctor.bytecode.habits import has_other_habits
from kdoctor.bytecode.instructions import Instruction, instructions_of

# Says why `release` cannot have written this code, or None.
Objection = Callable[[Code, tuple[Instruction, ...], Release], "str | None"]


def recognise(code: Code, among: PythonRange, data: bytes) -> PythonRange:
    """Narrow `among` to the releases in which the code and all code within it make sense.

    `data` is the stream that the code came from, to say where the fault is. Raises MalformedCode when no release is left.
    """
    codes = (code, *code.nested())
    possible = []
    fault: MalformedCode | None = None
    for release in among.releases():
        fault_here = _fault(codes, release, data)
        if fault_here is None:
            possible.append(release)
        elif fault is None or fault_here.offset >= fault.offset:
            fault = fault_here
    if not possible:
        assert fault is not None  # every layout has releases
        raise fault
    return PythonRange(possible[0], possible[-1])


def _fault(codes: tuple[Code, ...], release: Release, data: bytes) -> MalformedCode | None:
    for code in codes:
        start = max(data.find(code.instructions), 0)
        try:
            instructions = instructions_of(code, release)
        except MalformedCode as error:
            return MalformedCode(f"{error.reason} in {code.name!r}", start + error.offset)
        for objection in OBJECTIONS:
            reason = objection(code, instructions, release)
            if reason is not None:
                return MalformedCode(f"{reason} in {code.name!r}", start)
    return None


def _line_table_of_another_release(code: Code, instructions: tuple[Instruction, ...], release: Release) -> str | None:
    """Up to 3.9 the table of line numbers ends before the last instruction; in 3.10 it covers the code exactly (PEP 626)."""
    if release >= (3, 11):
        return None
    covered = sum(code.linetable[::2])
    is_whole = covered == len(code.instructions)
    if is_whole != (release == (3, 10)):
        return "a table of line numbers of another Python"
    return None


def _does_not_end(code: Code, instructions: tuple[Instruction, ...], release: Release) -> str | None:
    last = instructions[-1]
    if last.name in ENDS or last.name.startswith("JUMP") or last.name == "CONTINUE_LOOP":
        return None
    return "code runs off its end"


def _does_not_start(code: Code, instructions: tuple[Instruction, ...], release: Release) -> str | None:
    """Since 3.11 every code object says RESUME near its start."""
    if release >= (3, 11) and not any(instruction.name == "RESUME" for instruction in instructions):
        return "no RESUME"
    return None


def _operator_of_another_release(code: Code, instructions: tuple[Instruction, ...], release: Release) -> str | None:
    for instruction in instructions:
        limit = _operator_limit(instruction.name, release)
        if limit is not None and instruction.argument >= limit:
            return f"no operator {instruction.name} {instruction.argument} in Python {release[0]}.{release[1]}"
    return None


def _operator_limit(name: str, release: Release) -> int | None:
    if name == "BINARY_OP":
        return 27 if release >= (3, 14) else 26
    if name == "COMPARE_OP":
        # `in`, `is` and exception matching had numbers here until 3.8; the low four, then five, bits are a cache mask since 3.12.
        return 12 if release < (3, 9) else 6 if release < (3, 12) else 6 << 4 if release < (3, 13) else 6 << 5
    return None


ENDS = ("RETURN_VALUE", "RETURN_CONST", "RAISE_VARARGS", "RERAISE", "END_FINALLY")
OBJECTIONS: tuple[Objection, ...] = (
    _does_not_end, _does_not_start, _line_table_of_another_release, _operator_of_another_release, has_other_habits,
)  # fmt: skip
