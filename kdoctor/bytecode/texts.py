"""What f-strings do to a stack of expressions."""

from __future__ import annotations

from dataclasses import replace

from kdoctor.bytecode.expression import Constant, Expression, Formatted, Joined
from kdoctor.bytecode.frame import Frame, Operation, Stack, pop, pop_value
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable

CONVERSIONS = ("", "s", "r", "a")
WITH_SPEC = 4
NO_TEXT = Constant("")


def format_value(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """FORMAT_VALUE of 3.6 to 3.12: two bits of conversion, one for a format specification on top."""
    spec = pop_value(stack) if instruction.argument & WITH_SPEC else None
    stack.append(_formatted(pop_value(stack), CONVERSIONS[instruction.argument & 3], spec))


def convert_value(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    """CONVERT_VALUE since 3.13; a FORMAT_… follows."""
    if not 1 <= instruction.argument < len(CONVERSIONS):
        raise Untraceable("an unknown conversion to text")
    stack.append(Formatted(pop_value(stack), CONVERSIONS[instruction.argument]))


def format_simple(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(_completed(pop_value(stack), None))


def format_with_spec(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    value, spec = pop(stack, 2)
    stack.append(_completed(value, spec))


def _completed(value: Expression, spec: Expression | None) -> Expression:
    """What was converted right before is the same field of the text."""
    if isinstance(value, Formatted) and value.conversion and value.spec is None:
        return replace(value, spec=_checked(spec))
    return _formatted(value, "", spec)


def _formatted(value: Expression, conversion: str, spec: Expression | None) -> Formatted:
    return Formatted(value, conversion, _checked(spec))


def _checked(spec: Expression | None) -> Expression | None:
    if spec is not None and not isinstance(spec, (Formatted, Joined)) and not _is_text(spec):
        raise Untraceable("a format that is no text")
    return spec


def build_string(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    parts = [part for part in pop(stack, instruction.argument) if part != NO_TEXT]  # 3.12 writes some of these
    if not parts or not all(isinstance(part, Formatted) or _is_text(part) for part in parts):
        raise Untraceable("a text put together from something else")
    stack.append(Joined(tuple(parts)))


def _is_text(part: Expression) -> bool:
    return isinstance(part, Constant) and isinstance(part.value, str)


TEXTS: dict[str, Operation] = {
    "FORMAT_VALUE": format_value,
    "CONVERT_VALUE": convert_value,
    "FORMAT_SIMPLE": format_simple,
    "FORMAT_WITH_SPEC": format_with_spec,
    "BUILD_STRING": build_string,
}
