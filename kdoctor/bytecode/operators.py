"""What operators, comparisons, subscripts and slices do to a stack of expressions."""

from __future__ import annotations

from kdoctor.bytecode.expression import Binary, Compare, Constant, Slice, Subscript, Unary
from kdoctor.bytecode.frame import Frame, Operation, Stack, pop, pop_value
from kdoctor.bytecode.instructions import Instruction
from kdoctor.bytecode.literal import Untraceable

# Include/opcode.h: NB_ADD and the rest, then the same in place, then NB_SUBSCR (3.14).
BINARY_OPERATORS = ("+", "&", "//", "<<", "@", "*", "%", "|", "**", ">>", "-", "/", "^")
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=", "in", "not in", "is", "is not")
CLASSIC_DIVISION = "div"
"""`/` of Python 2, which rounds down between integers."""
OPERATOR_BY_NAME = {
    "ADD": "+", "AND": "&", "FLOOR_DIVIDE": "//", "LSHIFT": "<<", "MATRIX_MULTIPLY": "@", "MULTIPLY": "*", "MODULO": "%", "OR": "|",
    "POWER": "**", "RSHIFT": ">>", "SUBTRACT": "-", "TRUE_DIVIDE": "/", "DIVIDE": CLASSIC_DIVISION, "XOR": "^",
}  # fmt: skip


def unary(operator: str) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        stack.append(Unary(operator, pop_value(stack)))

    return apply


def binary(operator: str, in_place: bool = False) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        left, right = pop(stack, 2)
        stack.append(Binary(operator, left, right, in_place))

    return apply


def numbered_binary(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    in_place, index = divmod(instruction.argument, len(BINARY_OPERATORS))
    if in_place > 1:
        subscript(frame, instruction, stack)
    else:
        binary(BINARY_OPERATORS[index], bool(in_place))(frame, instruction, stack)


def subscript(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    value, index = pop(stack, 2)
    stack.append(Subscript(value, index))


def build_slice(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    stack.append(as_slice(pop(stack, instruction.argument)))


def as_slice(parts: Stack) -> Slice:
    if len(parts) not in (2, 3):
        raise Untraceable("a slice of other than two or three parts")
    lower, upper, step = (None if part == Constant(None) else part for part in (*parts, Constant(None))[:3])
    return Slice(lower, upper, step)


def binary_slice(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    value, *bounds = pop(stack, 3)
    stack.append(Subscript(value, as_slice(bounds)))


def python2_slice(has_lower: bool, has_upper: bool) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        value, *bounds = pop(stack, 1 + has_lower + has_upper)
        lower = bounds[0] if has_lower else None
        stack.append(Subscript(value, Slice(lower, bounds[-1] if has_upper else None, None)))

    return apply


def compare(frame: Frame, instruction: Instruction, stack: Stack) -> None:
    left, right = pop(stack, 2)
    number = instruction.argument >> (5 if frame.release >= (3, 13) else 4 if frame.release >= (3, 12) else 0)
    if number >= len(COMPARISONS):
        raise Untraceable("a comparison with an exception")
    stack.append(Compare(left, (COMPARISONS[number],), (right,)))


def membership(positive: str, negative: str) -> Operation:
    def apply(frame: Frame, instruction: Instruction, stack: Stack) -> None:
        left, right = pop(stack, 2)
        stack.append(Compare(left, (negative if instruction.argument & 1 else positive,), (right,)))

    return apply


OPERATORS: dict[str, Operation] = {
    **{f"BINARY_{name}": binary(operator) for name, operator in OPERATOR_BY_NAME.items()},
    **{f"INPLACE_{name}": binary(operator, True) for name, operator in OPERATOR_BY_NAME.items()},
    "UNARY_NEGATIVE": unary("-"),
    "UNARY_POSITIVE": unary("+"),
    "UNARY_INVERT": unary("~"),
    "UNARY_NOT": unary("not"),
    "BINARY_OP": numbered_binary,
    "BINARY_SUBSCR": subscript,
    "BUILD_SLICE": build_slice,
    "BINARY_SLICE": binary_slice,
    "SLICE+0": python2_slice(False, False),
    "SLICE+1": python2_slice(True, False),
    "SLICE+2": python2_slice(False, True),
    "SLICE+3": python2_slice(True, True),
    "COMPARE_OP": compare,
    "IS_OP": membership("is", "is not"),
    "CONTAINS_OP": membership("in", "not in"),
}
